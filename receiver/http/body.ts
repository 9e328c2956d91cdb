import { MAX_BODY_BYTES } from '../../protocol/hook.ts'
import { ProblemError } from './problem.ts'

/** The raw bytes of a request's body. Stops reading, and throws `body_too_large`, past 64 KiB. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > MAX_BODY_BYTES) throw tooLarge(declared)
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) throw tooLarge(size)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The answer to a body of `size` bytes or more. */
export const tooLarge = (size: number) =>
  new ProblemError(
    'body_too_large',
    `the body has ${size} bytes or more, at most ${MAX_BODY_BYTES} are taken`,
    {
      hint: 'send the image reference, not its content; shorten source.message',
      headers: { connection: 'close' },
    },
  )
