import { connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2'
import type { GrpcAnswer, GrpcProbe } from '../core/slots/ports.ts'
import { printable } from './printable.ts'
import { describe, ProbeError } from './probe.ts'

const MAX_BYTES = 512
/** A message without a field, so for the server as a whole: not compressed, and of length 0. */
const NO_SERVICE = Buffer.alloc(5)

/**
 * Asks a server how it is by gRPC's own health protocol (grpc/grpc, doc/health-checking.md), over HTTP/2 without TLS, on a
 * connection of its own. Over after `timeoutMs`. Rejects with `ProbeError`, or when the signal aborts.
 */
export const grpcProbe: GrpcProbe = ({ at, headers, timeoutMs, signal }) =>
  new Promise<GrpcAnswer>((resolve, reject) => {
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMs))
    const session = connect(`http://${at}`)
    const fail = (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason)
      else if (timeout.aborted) reject(new ProbeError(`no answer within ${timeoutMs} ms`, error))
      else if (error.code?.startsWith('ERR_HTTP2') === true)
        reject(new ProbeError(`${at} does not speak HTTP/2 without TLS, as gRPC does`, error))
      else reject(new ProbeError(describe(error, at), error))
      session.destroy()
    }
    // the first to come counts; an error that nobody listens for would end the process
    session.on('error', fail)
    session.once('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    const stream = session.request(
      { 'user-agent': 'deploy-receiver', ...inSmallLetters(headers), ...CHECK },
      { signal: AbortSignal.any([timeout, signal]) },
    )
    const chunks: Buffer[] = []
    let size = 0
    let said: IncomingHttpHeaders & IncomingHttpStatusHeader = {}
    // of a connection that was never made it says no more than that
    stream.on('error', (error) => fail(error.cause instanceof Error ? error.cause : error))
    stream.on('response', (head) => (said = { ...said, ...head }))
    stream.on('trailers', (trailers) => (said = { ...said, ...trailers }))
    stream.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (size > MAX_BYTES) stream.close()
      else chunks.push(chunk)
    })
    stream.once('close', () => {
      const status = Number(said['grpc-status'] ?? Number.NaN)
      if (Number.isInteger(status)) {
        const message = printable(
          Buffer.from([said['grpc-message'] ?? ''].flat().join()),
          MAX_BYTES,
        )
        resolve({ status, message, serving: servingIn(Buffer.concat(chunks)) })
      } else if (said[':status'] !== undefined) {
        reject(new ProbeError(`it answered HTTP ${said[':status']}, and nothing of gRPC`))
      }
      session.destroy()
    })
    stream.end(NO_SERVICE)
  })

const CHECK = {
  ':method': 'POST',
  ':path': '/grpc.health.v1.Health/Check',
  'content-type': 'application/grpc',
  te: 'trailers',
}

/** HTTP/2 has no others (RFC 9113, section 8.2), and calls the host by another name. */
const inSmallLetters = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const lower = name.toLowerCase()
      return [lower === 'host' ? ':authority' : lower, value]
    }),
  )

/** The one field of `HealthCheckResponse`, an enum; a message without it says 0. */
function servingIn(body: Buffer): number {
  const message = body.subarray(5, 5 + (body.byteLength < 5 ? 0 : body.readUInt32BE(1)))
  return message[0] === 0x08 ? (message[1] ?? 0) : 0
}
