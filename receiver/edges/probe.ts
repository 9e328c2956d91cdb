import { type IncomingMessage, request } from 'node:http'
import type { Probe, ProbeAnswer } from '../core/slots/ports.ts'
import { printable } from './printable.ts'

const MAX_BODY_BYTES = 512

/** No answer to a probe; the message says why, in plain words. */
export class ProbeError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ProbeError'
  }
}

/**
 * One GET on a connection of its own, over after `timeoutMs` however much came until then. A redirect is an answer, and so is a
 * switch of protocols that nobody asked for. Rejects with `ProbeError`, or when the signal aborts.
 */
export const httpProbe: Probe = ({ url, headers, timeoutMs, signal }) =>
  new Promise<ProbeAnswer>((resolve, reject) => {
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMs))
    const sent = request(url, {
      agent: false,
      headers: { 'user-agent': 'deploy-receiver', ...headers },
      signal: AbortSignal.any([timeout, signal]),
    })
    const answer = (
      { statusCode = 0, headers: { location } }: IncomingMessage,
      body: readonly Buffer[],
    ) => {
      resolve({
        status: statusCode,
        body: printable(Buffer.concat(body), MAX_BODY_BYTES),
        ...(location === undefined || statusCode < 300 || statusCode > 399
          ? {}
          : { location: printable(Buffer.from(location), MAX_BODY_BYTES) }),
      })
      sent.destroy()
    }
    const fail = (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason)
      else if (timeout.aborted) reject(new ProbeError(`no answer within ${timeoutMs} ms`, error))
      else reject(new ProbeError(describe(error, new URL(url).host), error))
    }
    // the first to come counts; an error that nobody listens for would end the process
    sent.on('error', fail)
    sent.once('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    // after it neither a response nor an error comes
    sent.once('upgrade', (response, socket) => {
      socket.on('error', () => {}).destroy()
      answer(response, [])
    })
    sent.once('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.byteLength
        if (size > MAX_BODY_BYTES) answer(response, chunks)
      })
      response.once('end', () => answer(response, chunks))
      response.on('error', fail)
    })
    sent.end()
  })

/** In plain words. */
export function describe(error: NodeJS.ErrnoException, host: string): string {
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: `connection refused by ${host}: nothing listens there`,
    ECONNRESET: `${host} closed the connection without an answer`,
    EHOSTUNREACH: `${host} is unreachable`,
    ENETUNREACH: `${host} is unreachable`,
  }
  return reasons[error.code ?? ''] ?? `${host}: ${error.message}`
}
