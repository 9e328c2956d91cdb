import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { featuresIn, isAtLeast, OLDEST } from '../../../../receiver/edges/nginx/features.ts'
import { createProgram } from '../../../../receiver/edges/nginx/program.ts'
import { render } from '../../../../receiver/edges/nginx/render/render.ts'

const DEBIAN = `nginx version: nginx/1.22.1
built with OpenSSL 3.0.11 19 Sep 2023
TLS SNI support enabled
configure arguments: --with-cc-opt='-g -O2' --prefix=/usr/share/nginx --with-http_ssl_module --with-http_realip_module --with-http_v2_module --with-http_xslt_module=dynamic`

describe('what Nginx says of itself', () => {
  test.for([
    [DEBIAN, [1, 22, 1], ['http_ssl', 'http_realip', 'http_v2']],
    [
      'nginx version: openresty/1.21.4.1\nconfigure arguments: --with-http_v2_module',
      [1, 21, 4],
      ['http_v2'],
    ],
    ['Tengine version: Tengine/3.1.0\nnginx version: nginx/1.24.0\r\n', [1, 24, 0], []],
    ['nginx version: nginx/1.27.4 (Ubuntu)', [1, 27, 4], []],
    ['lighttpd/1.4.59 (ssl)', [1, 18, 0], []],
    ['', [1, 18, 0], []],
  ] as const)('is understood: %s', ([said, version, modules]) => {
    const found = featuresIn(said)
    expect(found.version).toEqual(version)
    expect([...found.modules]).toEqual(modules)
  })

  test('is asked for by the command of the test, once', async () => {
    const program = createProgram({ test: 'nginx -t -q', reload: 'false' })
    const features = await program.features()
    expect(isAtLeast(features, '1.18.0')).toBe(true)
    expect(features.modules).toContain('http_v2')
    expect(await program.features()).toBe(features)
  })

  test('is what it said before, when it fails to say it again', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const dir = mkdtempSync(join(tmpdir(), 'features-'))
    const command = `test ! -e ${dir}/broken && nginx -t`
    const program = createProgram({ test: command, reload: 'true' })
    const features = await program.features()
    writeFileSync(join(dir, 'broken'), '')
    vi.advanceTimersByTime(3_600_000)
    expect(await program.features()).toBe(features)
    rmSync(join(dir, 'broken'))
    expect(await program.features()).not.toBe(features)
    rmSync(dir, { recursive: true })
    vi.useRealTimers()
  })

  test.for(['true', 'no-such-nginx -t', 'echo -t'])('is the oldest of `%s`', async (command) => {
    expect(await createProgram({ test: command, reload: 'true' }).features()).toEqual(OLDEST)
  })
})

test('that it was built without what a site takes is said', async () => {
  const command = `echo '[emerg] unknown directive "geo" in api.conf:7' >&2; exit 1`
  await expect(createProgram({ test: command, reload: 'true' }).test()).rejects.toMatchObject({
    code: 'nginx_failed',
    hint: expect.stringContaining('built without it'),
  })
})

test.for([
  ['1.18.0', true],
  ['1.22.1', true],
  ['1.22.2', false],
  ['1.23.0', false],
  ['0.99.99', true],
  ['2.0.0', false],
] as const)('1.22.1 is at least %s: %s', ([wanted, expected]) => {
  expect(isAtLeast(featuresIn(DEBIAN), wanted)).toBe(expected)
})

const SITE = {
  app: 'api',
  domains: ['api.test'],
  listen: ['80'],
  upstreams: { blue: ['10.213.0.10:8000'], green: ['10.213.0.11:8000'] },
  flags: { green: '/green', ready: '/ready', paused: '/paused' },
  pauses: false,
  trustedProxies: [],
  tls: { certificate: '/c.pem', key: '/k.pem', listen: ['443', '[::]:443'] },
  http3: true,
} as const
const nginx = (version: string, ...modules: string[]) =>
  featuresIn(
    `nginx version: nginx/${version}\n${modules.map((each) => `--with-${each}_module`).join(' ')}`,
  )
/** The lines of it that depend on what Nginx has. */
const lines = (features: ReturnType<typeof nginx>) =>
  new Set(
    render({ ...SITE, features }).conf.match(
      /^ *(?:listen .*443.*|http2 .*|keepalive_min_timeout .*|add_header Alt-Svc '[^']*' always);$/gm,
    ),
  )

test.for([
  [nginx('1.18.0'), ['listen 443 ssl;', 'listen [::]:443 ssl;']],
  [nginx('1.25.0', 'http_v2'), ['listen 443 ssl http2;', 'listen [::]:443 ssl http2;']],
  [nginx('1.25.1', 'http_v2'), ['listen 443 ssl;', 'listen [::]:443 ssl;', 'http2 on;']],
  [
    nginx('1.27.4', 'http_v2', 'http_v3'),
    [
      'keepalive_min_timeout 20s;',
      'listen 443 ssl;',
      'listen [::]:443 ssl;',
      'listen 443 quic;',
      'listen [::]:443 quic;',
      'http2 on;',
      `add_header Alt-Svc 'h3=":443"; ma=86400' always;`,
    ],
  ],
] as const)('%j is told what it knows', ([features, expected]) => {
  const found = new Set([...lines(features)].map((line) => line.trim()))
  expect([...found].toSorted()).toEqual([...expected].toSorted())
})
