import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'

/** How one request is answered. */
export interface Hostile {
  status: number
  headers: Readonly<Record<string, string>>
  body: string
  /** Whether the body is packed as it says, with another text for what it says, or not at all. */
  encoding: 'none' | 'gzip' | 'deflate' | 'br' | 'x-gzip' | 'lies' | 'nonsense'
  pieces: number
  end: 'ends' | 'is cut' | 'stalls' | 'never ends' | 'is no HTTP'
}

const DIGEST = `sha256:${'a'.repeat(64)}`

/** What a server says in place of a value. */
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    1e308,
    '',
    [],
    {},
    DIGEST,
    '../../x',
    'x'.repeat(100_000),
    'http://127.0.0.1:1/',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer(),
  fc.jsonValue({ maxDepth: 2 }),
)

/** What the tests' questions are answered with where all is well, with some values in it that are none. */
const spoilt = (plausible: object) =>
  fc
    .record(
      Object.fromEntries(
        Object.entries(plausible).map(([key, value]) => [
          key,
          fc.oneof({ weight: 5, arbitrary: fc.constant(value as unknown) }, junk),
        ]),
      ),
      { requiredKeys: [] },
    )
    .map((body) => JSON.stringify(body))

const bodies = (plausible: readonly object[]) =>
  fc.oneof(
    ...plausible.map((each) => ({ weight: 4, arbitrary: spoilt(each) })),
    { weight: 2, arbitrary: fc.json({ maxDepth: 3 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        'null',
        '[]',
        '{',
        '<html>',
        '['.repeat(50_000),
        ' '.repeat(100_000),
      ),
    },
  )

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'content-type': ['application/json', 'text/html; charset=\u00ff', '', 'a'.repeat(9000)],
  'docker-content-digest': [DIGEST, 'sha256:', 'md5:0', ''],
  link: [
    '<?n=1&last=x>; rel="next"',
    '<//169.254.169.254/x?y>; rel=next',
    `${'<'.repeat(5000)}>; rel="next"`,
    `<x>${' '.repeat(5000)}`,
    '<>; rel="next"',
  ],
  location: [
    '/',
    '//',
    'http://[',
    'file:///etc/passwd',
    'https://169.254.169.254/',
    'x'.repeat(9000),
  ],
  'retry-after': ['0', '7', '-1', '9'.repeat(400), 'Fri, 31 Dec 9999 23:59:59 GMT', 'never', '1e3'],
  'ratelimit-limit': ['100;w=21600', ';w=', '9'.repeat(400) + ';w=0'],
  'www-authenticate': [
    'Basic',
    'Bearer',
    'Bearer realm="/token"',
    'Bearer realm="TOKEN",service="s"',
    'Bearer realm="TOKEN", Bearer realm="javascript:1"',
    'Bearer realm="https://me:pw@169.254.169.254/"',
    `Bearer realm="${'\\'.repeat(5000)}`,
    'a='.repeat(4000),
  ],
}

/** @param plausible bodies that would be right somewhere; ITSELF in them is the address that is asked, to the first part of its path */
export const hostile = (plausible: readonly object[]): fc.Arbitrary<Hostile> =>
  fc.record({
    status: fc.oneof(
      { weight: 6, arbitrary: fc.constant(200) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(204, 206, 301, 307, 400, 401, 403, 404, 429, 500, 503),
      },
      fc.integer({ min: 200, max: 599 }),
    ),
    headers: fc.record(
      Object.fromEntries(
        Object.entries(HEADERS).map(([name, values]) => [name, fc.constantFrom(...values)]),
      ),
      { requiredKeys: [] },
    ) as fc.Arbitrary<Record<string, string>>,
    body: bodies(plausible),
    encoding: fc.oneof(
      { weight: 8, arbitrary: fc.constant('none' as const) },
      fc.constantFrom('gzip', 'deflate', 'br', 'x-gzip', 'lies', 'nonsense'),
    ),
    pieces: fc.integer({ min: 1, max: 5 }),
    end: fc.oneof(
      { weight: 30, arbitrary: fc.constant('ends' as const) },
      { weight: 2, arbitrary: fc.constantFrom('is cut', 'stalls', 'is no HTTP') },
      { weight: 1, arbitrary: fc.constant('never ends' as const) },
    ),
  })

const PACKED: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
}
/** Where one without an end ends all the same. */
const GIVE_UP_BYTES = 64 * 1024 * 1024

export interface HostileServer {
  url: string
  /** The next requests are answered so, the last one for good. `stalled` is called where nothing more comes. */
  answerWith(answers: readonly Hostile[], stalled: () => void): void
  /** How many of those without an end were read to where even they end. */
  readWhole(): number
  stop(): void
}

export async function startHostile(): Promise<HostileServer> {
  let answers: readonly Hostile[] = []
  let stalled = () => {}
  let asked = 0
  let readWhole = 0
  const server = createServer((request, response) => {
    // whoever went away does not hear the rest
    for (const each of [request, response]) each.on('error', () => {})
    // whether it is a registry
    if (request.url === '/v2/') return void response.end()
    const answer = answers[Math.min(asked++, answers.length - 1)]
    const [, first = ''] = (request.url ?? '').split('/')
    if (answer === undefined) return
    reply(response, { ...answer, body: answer.body.replaceAll('ITSELF', `${url}/${first}`) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const reply = (
    response: ServerResponse,
    { status, headers, body, encoding, pieces, end }: Hostile,
  ) => {
    if (end === 'is no HTTP') return void response.socket?.end(body)
    for (const [name, value] of Object.entries(headers)) {
      response.setHeader(name, value.replaceAll('TOKEN', `${url}/token`))
    }
    const says = { none: undefined, lies: 'gzip', nonsense: 'of its own' }
    const said = encoding in says ? says[encoding as keyof typeof says] : encoding
    if (said !== undefined) response.setHeader('content-encoding', said)
    response.writeHead(status)
    const bytes = (PACKED[encoding] ?? ((plain: Buffer) => plain))(Buffer.from(body))
    const length = Math.ceil(bytes.length / pieces)
    for (let at = 0; at < bytes.length; at += length)
      response.write(bytes.subarray(at, at + length))
    if (end === 'ends') response.end()
    else if (end === 'is cut') response.write('x', () => response.destroy())
    else if (end === 'stalls') response.write('x', stalled)
    // without a body there is nothing to go on with
    else if (response.req.method === 'HEAD' || [204, 304].includes(status)) response.end()
    else goOn(response, () => readWhole++)
  }

  return {
    url,
    answerWith(next, whenStalled) {
      answers = next
      stalled = whenStalled
      asked = 0
    },
    readWhole: () => readWhole,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function goOn(response: ServerResponse, isRead: () => void): void {
  const more = Buffer.alloc(64 * 1024, 'x')
  let sent = 0
  const send = () => {
    while (!response.destroyed && sent < GIVE_UP_BYTES) {
      sent += more.byteLength
      if (!response.write(more)) return void response.once('drain', send)
    }
    if (sent < GIVE_UP_BYTES) return
    response.end(isRead)
  }
  send()
}
