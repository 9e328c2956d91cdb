export const HOST = 'Host: deploy.example.com'
export const BODY = '{"image":"ghcr.io/acme/api:evil"}'
export const TYPE = 'Content-Type: application/json'
const SIGNED = [
  'webhook-id: msg_1',
  `webhook-timestamp: ${Math.floor(Date.now() / 1000)}`,
  `webhook-signature: v1,${'A'.repeat(43)}=`,
]
export const LENGTH = `Content-Length: ${BODY.length}`

/** A hook with a wrong signature, as bytes. `headers` come in place of Host and Content-Length. */
export function request({
  line = 'POST /hooks/api HTTP/1.1',
  headers = [HOST, LENGTH],
  body = BODY,
  end = '\r\n',
}: { line?: string; headers?: readonly string[]; body?: string; end?: string } = {}): string {
  return [line, ...headers, TYPE, ...SIGNED, '', body].join(end)
}

export const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
export const TE = 'Transfer-Encoding: chunked'
const target = (path: string) => ({ line: `POST ${path} HTTP/1.1` })
const smuggled = request({ line: 'GET /healthz HTTP/1.1', headers: [HOST], body: '' })

/** What is sent, and the receiver's own answers to it. */
export const CASES: readonly (readonly [string, readonly number[], string])[] = [
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
