import {
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { frame } from './frame.ts'

const STEP_MS = 50
/** `grpc.health.v1.HealthCheckResponse` of a server that is `SERVING`. */
const SERVING = Buffer.from([8, 1])

/**
 * A server of gRPC, without more of it than calls need (grpc/grpc, doc/PROTOCOL-HTTP2.md): `/load.Calls/Echo` answers with the version and
 * how long the message was, `/load.Calls/Count` with a message each 50 ms for as many as the caller says, and it says how it is.
 */
export async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  version: string,
): Promise<void> {
  stream.on('error', () => {})
  const asked = await messageOf(stream)
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  const [path, isKnown] = [headers[':path'], KNOWN.has(headers[':path'] ?? '')]
  stream.on('wantTrailers', () =>
    stream.sendTrailers({ 'grpc-status': isKnown ? 0 : UNIMPLEMENTED }),
  )
  if (path === CHECK) stream.write(frame(SERVING))
  if (path === ECHO) stream.write(frame(`${version} ${asked.length}`))
  if (path === COUNT) await count(stream, Number(asked.toString()), version)
  stream.end()
}

export const ECHO = '/load.Calls/Echo'
export const COUNT = '/load.Calls/Count'
const CHECK = '/grpc.health.v1.Health/Check'
const KNOWN = new Set([ECHO, COUNT, CHECK])
const UNIMPLEMENTED = 12

async function count(stream: ServerHttp2Stream, until: number, version: string): Promise<void> {
  for (let number = 1; number <= until && !stream.destroyed; number++) {
    stream.write(frame(`${version} ${number}`))
    await pause(STEP_MS)
  }
}

/** The one message of a call. */
async function messageOf(stream: ServerHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) chunks.push(chunk)
  } catch {
    // whoever called went away
  }
  return Buffer.concat(chunks).subarray(frame('').length)
}

if (import.meta.main) {
  const sessions = new Set<Http2Session>()
  const server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  server.on(
    'stream',
    (stream, headers) => void answer(stream, headers, process.env['VERSION'] ?? ''),
  )
  server.listen(Number(process.env['PORT'] ?? 8000))
  process.once('SIGTERM', () => {
    server.close()
    for (const session of sessions) session.close()
  })
}
