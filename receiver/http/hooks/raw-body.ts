import { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import { MAX_BODY_BYTES } from '../../../protocol/hook.ts'
import { incomingOf } from '../arrival.ts'
import { Rejected } from '../auth/authentic.ts'
import { ProblemError } from '../problem.ts'

/** The raw bytes of a request's body. Stops reading, and throws `body_too_large`, past 64 KiB. */
export async function readBody(c: Context): Promise<Uint8Array> {
  const incoming = incomingOf(c)
  if (incoming instanceof IncomingMessage) return readIncoming(incoming)
  if (c.req.raw.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of c.req.raw.body) {
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) throw tooLarge(size)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The same of Node's own stream, which costs a fraction of a web stream, and which stays open for the answer when it is too long. */
export function readIncoming(incoming: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = () => {
      incoming.off('data', data).off('end', end).off('close', close).off('error', close)
    }
    const data = (chunk: Buffer) => {
      size += chunk.byteLength
      chunks.push(chunk)
      if (size <= MAX_BODY_BYTES) return
      stop()
      reject(tooLarge(size))
    }
    const end = () => {
      stop()
      resolve(Buffer.concat(chunks))
    }
    const close = () => {
      stop()
      reject(new Rejected('the body was cut off'))
    }
    incoming.on('data', data).on('end', end).on('close', close).on('error', close)
    if (incoming.destroyed) close()
  })
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
