const HEADER_BYTES = 8
const STDOUT = 1
export const STDERR = 2
/** The engine's own word about what it could not read, in the midst of what was printed. */
const OF_ENGINE = 3
const STREAM_TYPES: ReadonlySet<number> = new Set([0, STDOUT, STDERR, OF_ENGINE])

/** What a container printed: on its standard error it is type 2. */
export interface Printed {
  type: number
  payload: Uint8Array
}

/** What a container printed. */
export async function* payloadsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const { payload } of printedOf(chunks)) yield payload
}

/**
 * What a container printed, out of the frames in which Docker sends it without a terminal: stream type, three zero bytes, length
 * (big endian), payload. Holds no more than a header: a payload is passed on as it comes. What is no frame is passed on as it is.
 */
export async function* printedOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Printed> {
  const header = Buffer.alloc(HEADER_BYTES)
  let read = 0
  let left = 0
  let isFramed = true
  for await (const chunk of chunks) {
    let rest: Uint8Array = chunk
    while (rest.byteLength > 0) {
      if (!isFramed || left > 0) {
        const payload = isFramed ? rest.subarray(0, left) : rest
        left -= payload.byteLength
        rest = rest.subarray(payload.byteLength)
        const type = isFramed ? header.readUInt8(0) : STDOUT
        if (type !== OF_ENGINE) yield { type, payload }
        continue
      }
      const part = rest.subarray(0, HEADER_BYTES - read)
      header.set(part, read)
      read += part.byteLength
      rest = rest.subarray(part.byteLength)
      if (read < HEADER_BYTES) continue
      read = 0
      left = header.readUInt32BE(4)
      isFramed = STREAM_TYPES.has(header.readUInt8(0))
      if (!isFramed) yield { type: STDOUT, payload: Buffer.from(header) }
    }
  }
}
