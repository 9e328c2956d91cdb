import type { ClientHttp2Session } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { openSession, type TlsSite } from '../multiplex.ts'
import { type Kind, reasonOf, type Tally } from '../tally.ts'
import { frame, messagesIn } from './frame.ts'
import { COUNT, ECHO } from './server.ts'

const PAUSE_MS = 8
const DEADLINE_MS = 60_000
const MESSAGE = 'x'.repeat(1000)
const COUNT_TO = 20

/** Calls and streams of answers side by side over one connection, as a client of gRPC has it. None is tried again. */
export async function makeCalls(
  { tally, signal }: { tally: Tally; signal: AbortSignal },
  site: TlsSite,
): Promise<void> {
  let session = openSession(site)
  const repeat = async (kind: Kind, path: string, message: string, answers: number) => {
    const client = tally.client(kind)
    while (!signal.aborted) {
      if (session.closed || session.destroyed) session = openSession(site)
      try {
        const said = await call(session, { domain: site.domain, path, message })
        const [version = '', last] = said.at(-1)?.split(' ') ?? []
        const isWhole =
          said.length === answers && Number(last) === (path === ECHO ? message.length : answers)
        if (isWhole) client.succeeded(version)
        else client.failed(`${said.length} messages, the last one ${JSON.stringify(said.at(-1))}`)
      } catch (error) {
        client.failed(reasonOf(error))
      }
      await pause(PAUSE_MS)
    }
  }
  await Promise.all([
    repeat('gRPC call', ECHO, MESSAGE, 1),
    repeat('gRPC call', ECHO, MESSAGE, 1),
    repeat('gRPC stream', COUNT, String(COUNT_TO), COUNT_TO),
  ])
  session.close()
}

function call(
  session: ClientHttp2Session,
  { domain, path, message }: { domain: string; path: string; message: string },
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      ':authority': domain,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    let [http, status, why]: unknown[] = []
    stream.setTimeout(DEADLINE_MS, () => stream.destroy(new Error('no answer')))
    // what Nginx answers by itself has it all in one
    const take = (headers: object) => {
      const said = headers as Record<string, unknown>
      http = said[':status'] ?? http
      status = said['grpc-status'] ?? status
      why = said['grpc-message'] ?? why
    }
    stream.on('response', take)
    stream.on('trailers', take)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('error', reject)
    stream.once('close', () => {
      if (http === 200 && Number(status) === 0) resolve(messagesIn(Buffer.concat(chunks)))
      else reject(new Error(`HTTP ${String(http)}, gRPC ${String(status)}, ${String(why)}`))
    })
    stream.end(frame(message))
  })
}
