import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { parseSigningKey, sign } from '../../protocol/standard-webhooks.ts'
import { runCommand } from '../../receiver/edges/nginx/command.ts'
import { freePort } from '../support/ports.ts'
import { waitFor } from '../support/processes.ts'
import { type Heard, sendRaw } from '../support/raw.ts'
import { startVm, type Vm } from '../support/vm.ts'

const INSTALL = readFileSync(new URL('../../docs/install.md', import.meta.url), 'utf8')
const HOST = 'Host: deploy.example.com'
const secret = `whsec_${randomBytes(32).toString('base64')}`

let vm: Vm
/** Ports of the receiver itself, and of Nginx as docs/install.md sets it up in front. */
const ports = { direct: 0, nginx: 0 }
const WAYS = ['direct', 'nginx'] as const

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'raw')
  Object.assign(vm.config.apps['api'] ?? {}, { auth: { secrets: [secret] } })
  await vm.start()
  ports.direct = Number(vm.config.listen.split(':')[1])
  ports.nginx = await freePort()
  const [, block = ''] = /^```nginx\n(server \{.*?)^```$/ms.exec(INSTALL) ?? []
  writeFileSync(
    join(vm.nginx.directory, 'deploy.conf'),
    block
      .replace('listen 80;', `listen 127.0.0.1:${ports.nginx};`)
      .replace('127.0.0.1:9080', vm.config.listen),
  )
  await runCommand(vm.nginx.reload)
  await waitFor(async () => (await sendRaw(ports.nginx, request())).statuses[0] === 401, {
    what: 'Nginx did not take the site',
  })
})
afterAll(() => vm.close())

const BODY = '{"image":"ghcr.io/acme/api:evil"}'
const TYPE = 'Content-Type: application/json'
const SIGNED = [
  'webhook-id: msg_1',
  `webhook-timestamp: ${Math.floor(Date.now() / 1000)}`,
  `webhook-signature: v1,${'A'.repeat(43)}=`,
]
const LENGTH = `Content-Length: ${BODY.length}`

/** A hook with a wrong signature, as bytes. `headers` come in place of Host and Content-Length. */
function request({
  line = 'POST /hooks/api HTTP/1.1',
  headers = [HOST, LENGTH],
  body = BODY,
  end = '\r\n',
}: { line?: string; headers?: readonly string[]; body?: string; end?: string } = {}): string {
  return [line, ...headers, TYPE, ...SIGNED, '', body].join(end)
}

/** A hook with a right one. */
function signed(connection = 'close'): string {
  const body = JSON.stringify({
    image: `${vm.repository}:none`,
    source: { message: randomBytes(8).toString('hex') },
  })
  const id = `msg_${randomBytes(12).toString('hex')}`
  const timestamp = Math.floor(Date.now() / 1000)
  const signature = sign({ key: parseSigningKey(secret), id, timestamp, body: Buffer.from(body) })
  return [
    'POST /hooks/api HTTP/1.1',
    HOST,
    TYPE,
    `Connection: ${connection}`,
    `Content-Length: ${body.length}`,
    `webhook-id: ${id}`,
    `webhook-timestamp: ${timestamp}`,
    `webhook-signature: ${signature}`,
    '',
    body,
  ].join('\r\n')
}

const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
const TE = 'Transfer-Encoding: chunked'
const target = (path: string) => ({ line: `POST ${path} HTTP/1.1` })
const smuggled = request({ line: 'GET /healthz HTTP/1.1', headers: [HOST], body: '' })

/** What is sent, and the receiver's own answers to it. */
const CASES: readonly (readonly [string, readonly number[], string])[] = [
  ['a plain one', [401], request()],
  [
    'Content-Length, then Transfer-Encoding',
    [400],
    request({ headers: [HOST, LENGTH, TE], body: chunked(BODY) }),
  ],
  [
    'Transfer-Encoding, then Content-Length',
    [400],
    request({ headers: [HOST, TE, LENGTH], body: chunked(BODY) }),
  ],
  [
    'a Content-Length that ends before the chunks do',
    [400],
    request({
      headers: [HOST, 'Content-Length: 4', TE],
      body: `0\r\n\r\n${smuggled}`,
    }),
  ],
  [
    'a Transfer-Encoding of two',
    [401],
    request({ headers: [HOST, 'Transfer-Encoding: gzip, chunked'], body: chunked(BODY) }),
  ],
  [
    'a Transfer-Encoding that is not one',
    [400],
    request({ headers: [HOST, 'Transfer-Encoding: xchunked'], body: chunked(BODY) }),
  ],
  [
    'a Transfer-Encoding before a colon',
    [400],
    request({ headers: [HOST, LENGTH, 'Transfer-Encoding : chunked'] }),
  ],
  [
    'two Transfer-Encodings',
    [400],
    request({ headers: [HOST, TE, 'Transfer-Encoding: identity'], body: chunked(BODY) }),
  ],
  ['two equal Content-Lengths', [400], request({ headers: [HOST, LENGTH, LENGTH] })],
  [
    'two different Content-Lengths',
    [400],
    request({ headers: [HOST, LENGTH, 'Content-Length: 1'] }),
  ],
  ['two Content-Lengths in one', [400], request({ headers: [HOST, `${LENGTH}, ${BODY.length}`] })],
  ['a negative Content-Length', [400], request({ headers: [HOST, 'Content-Length: -1'] })],
  [
    'a Content-Length with a plus',
    [400],
    request({ headers: [HOST, `Content-Length: +${BODY.length}`] }),
  ],
  ['a hexadecimal Content-Length', [400], request({ headers: [HOST, 'Content-Length: 0x21'] })],
  [
    'an endless Content-Length',
    [400],
    request({ headers: [HOST, `Content-Length: ${'9'.repeat(40)}`] }),
  ],
  ['a Content-Length of 1 MiB', [413], request({ headers: [HOST, 'Content-Length: 1048576'] })],
  ['no Content-Length, and a body', [400], request({ headers: [HOST] })],
  ['bare LF', [400], request({ end: '\n' })],
  ['bare CR', [400], request({ end: '\r' })],
  ['a folded header', [400], request({ headers: [HOST, LENGTH, 'X-Folded: one\r\n two'] })],
  ['a folded Host', [400], request({ headers: ['Host:\r\n deploy.example.com', LENGTH] })],
  ['a blank before a header', [400], request({ headers: [` ${HOST}`, LENGTH] })],
  ['a header without a colon', [400], request({ headers: [HOST, LENGTH, 'nonsense'] })],
  ['a header without a name', [400], request({ headers: [HOST, LENGTH, ': value'] })],
  ['a NUL in a header', [400], request({ headers: [HOST, LENGTH, 'X-Nul: a\0b'] })],
  ['a NUL in the path', [400], request(target('/hooks/a\0pi'))],
  ['a CR in a header', [400], request({ headers: [HOST, LENGTH, 'X-Cr: a\rX-Forged: 1'] })],
  [
    'bytes beyond ASCII in a header',
    [401],
    request({ headers: [HOST, LENGTH, 'X-Latin: \xff\xfe'] }),
  ],
  ['an absolute target', [401], request(target('http://deploy.example.com/hooks/api'))],
  ['an absolute target of another host', [401], request(target('http://evil.example/hooks/api'))],
  [
    'an absolute target, and another Host',
    [401],
    request({
      ...target('http://deploy.example.com/hooks/api'),
      headers: ['Host: evil.example', LENGTH],
    }),
  ],
  ['no Host', [400], request({ headers: [LENGTH] })],
  ['an empty Host', [400], request({ headers: ['Host:', LENGTH] })],
  ['two Hosts', [401], request({ headers: [HOST, 'Host: evil.example', LENGTH] })],
  [
    'a Host that is a path',
    [400],
    request({ headers: ['Host: deploy.example.com/hooks', LENGTH] }),
  ],
  ['a Host with a user', [400], request({ headers: ['Host: a@deploy.example.com', LENGTH] })],
  [
    'a header of 20 KiB',
    [431],
    request({ headers: [HOST, LENGTH, `X-Long: ${'x'.repeat(20_480)}`] }),
  ],
  [
    'a thousand headers',
    [431],
    request({
      headers: [
        HOST,
        LENGTH,
        ...Array.from({ length: 1000 }, (_, i) => `X-${i}: ${'x'.repeat(40)}`),
      ],
    }),
  ],
  ['a path of 20 KiB', [431], request(target(`/hooks/${'a'.repeat(20_480)}`))],
  ['a method in lower case', [400], request({ line: 'post /hooks/api HTTP/1.1' })],
  ['an unknown method', [400], request({ line: 'DEPLOY /hooks/api HTTP/1.1' })],
  ['CONNECT', [], request({ line: 'CONNECT deploy.example.com:443 HTTP/1.1' })],
  ['TRACE', [405], request({ line: 'TRACE /hooks/api HTTP/1.1' })],
  ['OPTIONS *', [400], request({ line: 'OPTIONS * HTTP/1.1', headers: [HOST], body: '' })],
  ['HTTP/0.9', [400], 'GET /apps\r\n\r\n'],
  ['HTTP/1.0', [401], request({ line: 'POST /hooks/api HTTP/1.0' })],
  ['HTTP/3.7', [400], request({ line: 'POST /hooks/api HTTP/3.7' })],
  ['HTTP/2', [400], 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
  [
    'an Upgrade to HTTP/2',
    [401],
    request({
      headers: [
        HOST,
        LENGTH,
        'Connection: Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABk',
      ],
    }),
  ],
  [
    'an Upgrade to a WebSocket',
    [401],
    request({
      headers: [
        HOST,
        LENGTH,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ],
    }),
  ],
  ['TLS to a plain port', [400], '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'.padEnd(600, '\0')],
  [
    'a chunk shorter than it says',
    [],
    request({ headers: [HOST, TE], body: `ff\r\n${BODY}\r\n0\r\n\r\n` }),
  ],
  [
    'a chunk longer than it says',
    [400],
    request({ headers: [HOST, TE], body: `2\r\n${BODY}\r\n0\r\n\r\n` }),
  ],
  [
    'a chunk with no size',
    [400],
    request({ headers: [HOST, TE], body: `\r\n${BODY}\r\n0\r\n\r\n` }),
  ],
  [
    'a chunk of endless size',
    [400],
    request({ headers: [HOST, TE], body: `${'f'.repeat(17)}\r\n${BODY}\r\n0\r\n\r\n` }),
  ],
  [
    'chunk extensions of 100 KiB',
    [413],
    request({ headers: [HOST, TE], body: `1;${'e'.repeat(102_400)}\r\n{\r\n0\r\n\r\n` }),
  ],
  [
    'trailers that are headers',
    [400],
    request({
      headers: [HOST, TE],
      body: `${chunked(BODY).slice(0, -2)}Host: evil.example\r\nContent-Length: 3\r\n\r\n`,
    }),
  ],
  [
    'chunks of 1 MiB',
    [413],
    request({ headers: [HOST, TE], body: chunked('x'.repeat(1_048_576)) }),
  ],
  [
    'two Authorizations',
    [401],
    request({ headers: [HOST, LENGTH, 'Authorization: Basic YTpi', 'Authorization: Basic YTpj'] }),
  ],
  ['two webhook-ids', [401], request({ headers: [HOST, LENGTH, 'webhook-id: msg_2'] })],
  [
    'two webhook-signatures',
    [401],
    request({ headers: [HOST, LENGTH, `webhook-signature: v1,${'B'.repeat(43)}=`] }),
  ],
  ['a slash in hex', [401], request(target('/hooks/api%2f'))],
  ['a slash at the end', [404], request(target('/hooks/api/'))],
  ['two slashes', [404], request(target('/hooks//api'))],
  ['upper case', [404], request(target('/HOOKS/api'))],
  ['dots', [401], request(target('/hooks/../hooks/api'))],
  ['dots in hex', [401], request(target('/hooks/..%2fhealthz'))],
  ['hex that is none', [401], request(target('/hooks/%zz'))],
  ['bytes that are not UTF-8', [401], request(target('/hooks/%ff%fe'))],
  ['a query', [401], request(target('/hooks/api?app=web&token=1'))],
  ['a fragment', [401], request(target('/hooks/api#x'))],
  ['nothing', [], '\r\n\r\n\r\n'],
  ['an expectation', [100, 401], request({ headers: [HOST, LENGTH, 'Expect: 100-continue'] })],
  ['another expectation', [417], request({ headers: [HOST, LENGTH, 'Expect: 200-maybe'] })],
]

/** What Nginx may say in the receiver's place. */
const AT_NGINX = [100, 400, 401, 404, 405, 413, 414, 417, 431, 501, 505]

/** Rightly signed requests that two readers could read in two ways. */
const AMBIGUOUS: Record<string, (request: string) => string> = {
  'another Host beside it': (text) => text.replace(HOST, `${HOST}\r\nHost: evil.example`),
  'another Host': (text) => text.replace(HOST, 'Host: evil.example'),
  'an absolute target of another host': (text) =>
    text.replace('/hooks/api', 'http://evil.example/hooks/api'),
  'the id twice': (text) => text.replace(/(webhook-id: .*\r\n)/, '$1$1'),
  'the time twice': (text) => text.replace(/(webhook-timestamp: .*\r\n)/, '$1$1'),
  'the signature twice': (text) => text.replace(/(webhook-signature: .*\r\n)/, '$1$1'),
  'a second kind of credentials': (text) =>
    text.replace(TYPE, `${TYPE}\r\nAuthorization: Basic YXBpOng=`),
  'a body that is cut': (text) => text.replace(/Content-Length: \d+/, 'Content-Length: 10'),
  'a length beside chunks': (text) => text.replace(TYPE, `${TYPE}\r\n${TE}`),
}

async function* drip(head: string, body: string, before = '') {
  if (before !== '') yield before
  for (const byte of head + body) {
    yield byte
    await pause(100)
  }
}

describe.for(WAYS)('%s', (way) => {
  describe.concurrent(
    'a request without a right signature is refused, and the next one served',
    () => {
      test.for(CASES)('%s', async ([, expected, bytes], { expect: expectHere }) => {
        const { statuses, text } = await sendRaw(ports[way], bytes)
        if (way === 'direct') expectHere(statuses).toEqual(expected)
        else for (const status of statuses) expectHere(AT_NGINX).toContain(status)
        expectHere(text).not.toContain('"internal')
        expectHere((await sendRaw(ports[way], signed())).statuses).toEqual([202])
      })
    },
  )

  test.for(Object.entries(AMBIGUOUS))('a right signature does not help: %s', async ([, change]) => {
    const { statuses } = await sendRaw(ports[way], change(signed()))
    expect(statuses.length).toBeLessThanOrEqual(1)
    for (const status of statuses) expect([400, 401]).toContain(status)
  })

  test('two requests in one packet are two, each with its own answer', async () => {
    const [good, forged] = [signed('keep-alive'), request()]
    expect((await sendRaw(ports[way], good + forged)).statuses).toEqual([202, 401])
    expect((await sendRaw(ports[way], forged + signed())).statuses).toEqual([401, 202])
  })

  test('a request within the body of a refused one is no request', async () => {
    const body = signed()
    const outer = request({ headers: [HOST, `Content-Length: ${body.length}`], body })
    expect((await sendRaw(ports[way], outer)).statuses).toEqual([401])
    const inChunks = request({ headers: [HOST, TE], body: chunked(body) })
    expect((await sendRaw(ports[way], inChunks)).statuses).toEqual([401])
  })
})

test('who drips headers is cut after 5 s, who drips a body after 15 s, and others are served', async () => {
  const [head = ''] = request().split(BODY)
  const drips = [
    sendRaw(ports.direct, drip(head, ''), { deadlineMs: 30_000 }),
    sendRaw(
      ports.direct,
      drip('', 'x'.repeat(1000), head.replace(LENGTH, 'Content-Length: 1000')),
      { deadlineMs: 30_000 },
    ),
  ]
  const over = Promise.all(drips)
  let served = 0
  while ((await Promise.race([over, pause(500)])) === undefined) {
    expect((await sendRaw(ports.direct, signed())).statuses).toEqual([202])
    served++
  }
  const [headers, body] = (await over) as [Heard, Heard]
  expect(headers).toMatchObject({ closed: true, statuses: [408] })
  expect(body).toMatchObject({ closed: true, statuses: [408] })
  expect(Math.round(headers.ms / 1000)).toBeOneOf([5, 6])
  expect(Math.round(body.ms / 1000)).toBeOneOf([15, 16])
  expect(served).toBeGreaterThan(20)
})

test('after all of it the same process runs, and no image but the rightly signed ones was taken', async () => {
  const { deployments } = (await vm.read('/apps/api/deployments?limit=200')) as {
    deployments: { image: { repository: string; tag: string } }[]
  }
  expect(deployments.length).toBeGreaterThan(100)
  expect(new Set(deployments.map(({ image }) => `${image.repository}:${image.tag}`))).toEqual(
    new Set([`${vm.repository}:none`]),
  )
  expect(vm.receiver().log(1_000_000)).not.toMatch(/internal|uncaught|\bat .*\.ts:\d/i)
})
