/** A body as fetch, undici or Node's own client gives it; `null` where there is none. */
export type Body = AsyncIterable<Uint8Array> | null

/** Of an answer that is refused for its length; it was read no further. */
export class BodyTooLong extends Error {
  constructor(maxBytes: number) {
    super(`the answer is longer than ${maxBytes} bytes`)
    this.name = 'BodyTooLong'
  }
}

/**
 * Reads a body whole. Bytes are counted as they come, after any decompression, and past `maxBytes` the stream is ended, which closes
 * its connection: whoever sends without end costs so much memory and no more. Throws `BodyTooLong`.
 */
export async function readWhole(body: Body, maxBytes: number): Promise<Uint8Array> {
  const { bytes, isWhole } = await readUpTo(body, maxBytes)
  if (!isWhole) throw new BodyTooLong(maxBytes)
  return bytes
}

/** As `readWhole`, as UTF-8. */
export const readText = async (body: Body, maxBytes: number): Promise<string> =>
  new TextDecoder().decode(await readWhole(body, maxBytes))

/** The beginning of a body, as UTF-8, for people: the rest is not read. */
export async function readBeginning(body: Body, maxBytes: number): Promise<string> {
  const { bytes } = await readUpTo(body, maxBytes)
  // as a stream: a character that was cut in two is left out
  return new TextDecoder().decode(bytes, { stream: true })
}

async function readUpTo(
  body: Body,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    const room = maxBytes - size
    chunks.push(chunk.subarray(0, room))
    size += Math.min(chunk.byteLength, room)
    if (chunk.byteLength > room) return { bytes: joined(chunks, size), isWhole: false }
  }
  return { bytes: joined(chunks, size), isWhole: true }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}
