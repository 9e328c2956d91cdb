/** Enough to read by of a line that somebody printed. */
export const LINE_BYTES = 8 * 1024
/** Longer than any line that the engine says itself. */
export const JSON_LINE_BYTES = 64 * 1024

/**
 * The lines of a stream, one at a time, without their ends; the last one needs none. Of a line only the first `mostBytes` are
 * kept, while it is read: a container may print without end, and without a line's end. Reads no further than it is asked for.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<string> {
  // all that is ever held
  const line = Buffer.alloc(mostBytes)
  let length = 0
  let begun = false
  const keep = (bytes: Uint8Array) => {
    const fits = bytes.subarray(0, mostBytes - length)
    line.set(fits, length)
    length += fits.byteLength
    begun = true
  }
  const take = () => {
    const text = line.toString('utf8', 0, length)
    length = 0
    begun = false
    return text.endsWith('\r') ? text.slice(0, -1) : text
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, end))
      yield take()
      from = end + 1
    }
    if (from < chunk.byteLength) keep(chunk.subarray(from))
  }
  if (begun) yield take()
}

const NEWLINE = 10
