import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

/** Where Nginx really listens for the ports 80 and 443. */
export interface Ports {
  plain: number
  tls: number
}

export interface Sent {
  url: string
  method?: string
  headers?: Record<string, string | number>
  body?: string
}

export const AS_ALICE = { authorization: `Basic ${Buffer.from('alice:secret').toString('base64')}` }
const WEB_SOCKET = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': 13,
  'sec-websocket-key': Buffer.alloc(16).toString('base64'),
}
const TOO_LARGE = 50 * 1024 ** 2 + 1

const REQUESTS: Record<string, Sent> = {
  'a page': { url: 'https://example.com/a%20b?c=d', headers: AS_ALICE },
  'a page, compressed': {
    url: `https://example.com/?${'x'.repeat(1000)}`,
    headers: { ...AS_ALICE, 'accept-encoding': 'gzip' },
  },
  'a form': { url: 'https://example.com/form', method: 'POST', headers: AS_ALICE, body: 'a=b' },
  'an error of the app': { url: 'https://example.com/broken', headers: AS_ALICE },
  'no password': { url: 'https://example.com/' },
  'a body too large': {
    url: 'https://example.com/',
    method: 'POST',
    headers: { ...AS_ALICE, expect: '100-continue', 'content-length': TOO_LARGE },
  },
  'a WebSocket': { url: 'https://example.com/', headers: { ...AS_ALICE, ...WEB_SOCKET } },
  'a file': { url: 'https://example.com/static/static.css', headers: AS_ALICE },
  'a file, without password': { url: 'https://example.com/static/static.css' },
  'no such file': { url: 'https://example.com/static/none', headers: AS_ALICE },
  'plain HTTP': { url: 'http://example.com/a%20b?c=d', headers: AS_ALICE },
  www: { url: 'https://www.example.com/a?b', headers: AS_ALICE },
  'www by plain HTTP': { url: 'http://www.example.com/a?b', headers: AS_ALICE },
}

/** Of an answer, what visitors and apps go by. */
const HEADERS = [
  'content-type',
  'content-encoding',
  'vary',
  'cache-control',
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
  'upgrade',
]
const TOLD = ['host', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto']

/** What a visitor gets in the end, and by whom. */
export async function visit(
  ports: Ports,
  sent: Sent,
  hops = 0,
): Promise<{ by: string | undefined; gets: object }> {
  const answer = await ask(ports, sent)
  const { statusCode: status = 0, headers } = answer
  const { location = '' } = headers
  if (location !== '' && hops < 3) {
    answer.socket.destroy()
    return visit(ports, { ...sent, url: location.replace(`:${ports.tls}`, '') }, hops + 1)
  }
  const raw = status === 101 ? Buffer.alloc(0) : await buffer(answer)
  answer.socket.destroy()
  const body = (headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString()
  const app = body.startsWith('{"name"') ? JSON.parse(body) : undefined
  const told = TOLD.map((name) => [name, app?.headers[name]])
  const gets = {
    url: sent.url,
    status,
    headers: Object.fromEntries(HEADERS.map((name) => [name, headers[name]])),
    ...(app === undefined
      ? { body }
      : { asked: app.url, bytes: app.bytes, told: Object.fromEntries(told) }),
  }
  return { by: app?.name, gets }
}

const ask = (
  ports: Ports,
  { url, method = 'GET', headers = {}, body }: Sent,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { protocol, hostname: host, pathname, search } = new URL(url)
    const isTls = protocol === 'https:'
    const outgoing = (isTls ? tlsRequest : plainRequest)({
      host: '127.0.0.1',
      port: isTls ? ports.tls : ports.plain,
      servername: host,
      // whose certificate it is says which site answered, and is not asked here
      rejectUnauthorized: false,
      path: `${pathname}${search}`,
      method,
      headers: { host, ...headers },
      agent: false,
    })
    outgoing.once('response', resolve)
    outgoing.once('upgrade', resolve)
    outgoing.once('error', reject)
    if ('expect' in headers) outgoing.flushHeaders()
    else outgoing.end(body)
  })

/** What each of the requests gets, and which apps answered. */
export async function visitAll(ports: Ports, requests = REQUESTS) {
  const entries = Object.entries(requests).map(async ([name, sent]) => [
    name,
    await visit(ports, sent),
  ])
  const all = Object.fromEntries(await Promise.all(entries)) as Record<
    string,
    Awaited<ReturnType<typeof visit>>
  >
  const by = new Set(Object.values(all).flatMap((each) => each.by ?? []))
  const gets = Object.fromEntries(Object.entries(all).map(([name, each]) => [name, each.gets]))
  return { by: [...by], gets }
}

const isTls = ([, { url }]: [string, Sent]) => url.startsWith('https:')
/** Those of them that come by https. */
export const OVER_TLS = Object.fromEntries(Object.entries(REQUESTS).filter(isTls))
