import { type ClientHttp2Session, connect } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { type Reply, versionOf } from './ask.ts'
import { reasonOf, type Tally } from './tally.ts'

const PAUSE_MS = 8
const DEADLINE_MS = 60_000
const BODY = Buffer.alloc(2048, 'x')

/** Where the same app answers over TLS. */
export interface TlsSite {
  port: number
  domain: string
  /** Certificate, PEM. */
  ca: string
}

/** GET and POST side by side over one HTTP/2 connection, which is opened again when the server is done with it. */
export async function multiplex(
  { tally, signal }: { tally: Tally; signal: AbortSignal },
  tls: TlsSite,
): Promise<void> {
  let session = openSession(tls)
  const ask = async (body?: Buffer) => {
    const client = tally.client('HTTP/2 over TLS')
    while (!signal.aborted) {
      if (session.closed || session.destroyed) session = openSession(tls)
      try {
        const reply = await request(session, tls.domain, body)
        const version = versionOf(reply)
        if (version === undefined) client.failed(`status ${reply.status}`)
        else client.succeeded(version)
      } catch (error) {
        client.failed(reasonOf(error))
      }
      await pause(PAUSE_MS)
    }
  }
  await Promise.all([ask(), ask(BODY)])
  session.close()
}

/** A connection of HTTP/2 to a site; that it broke, each of its requests tells. */
export function openSession({ port, domain, ca }: TlsSite): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${port}`, { ca, servername: domain })
  session.on('error', () => {})
  return session
}

function request(session: ClientHttp2Session, domain: string, body?: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const stream = session.request({ ':path': '/', ':method': method, ':authority': domain })
    const chunks: Buffer[] = []
    let status = 0
    stream.setTimeout(DEADLINE_MS, () => stream.destroy(new Error('no answer')))
    stream.once('response', (headers) => (status = headers[':status'] ?? 0))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('error', reject)
    stream.once('end', () => resolve({ status, body: Buffer.concat(chunks).toString() }))
    stream.end(body)
  })
}
