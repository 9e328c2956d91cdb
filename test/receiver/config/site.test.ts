import { describe, expect, test } from 'vitest'
import { load, problems, warnings } from './load-text.ts'

/** Apps with what they say of their site, below what is said for all of them. */
const config = (nginx: string, ...apps: string[]) =>
  ['url: https://deploy.example.com', nginx, 'apps:']
    .concat(apps.map((site, at) => `  app${at}: { image: ghcr.io/acme/app${at}, ${site} }`))
    .join('\n')

const trusted = (text: string) =>
  Object.values(load(text).apps).map(({ site }) => site.trustedProxies)

describe('trusted_proxies', () => {
  test('of nginx.site hold for apps that say nothing of their own', () => {
    const nginx = 'nginx: { site: { trusted_proxies: [10.0.0.0/8] } }'
    const apps = [
      '',
      'site: ',
      'site: { trusted_proxies: 192.0.2.1 }',
      'site: { trusted_proxies: [] }',
    ]
    expect(trusted(config(nginx, ...apps))).toEqual([
      ['10.0.0.0/8'],
      ['10.0.0.0/8'],
      ['192.0.2.1/32'],
      [],
    ])
    expect(trusted(config('', ''))).toEqual([[]])
  })

  test('are written as Nginx likes them: by the first address, once, and IPv4 as such', () => {
    const networks =
      '[10.1.2.3/8, 10.0.0.0/8, "fd00::1/8", "::ffff:192.0.2.0/120", "2001:DB8:0::1"]'
    expect(trusted(config('', `site: { trusted_proxies: ${networks} }`))).toEqual([
      ['10.0.0.0/8', 'fd00::/8', '192.0.2.0/24', '2001:db8::1/128'],
    ])
  })

  test.for([
    ['[cloudflare]', '"cloudflare" is not an address or network'],
    ['["10.0.0.0/8; deny all"]', '"10.0.0.0/8; deny all" is not an address or network'],
    ['[0.0.0.0/0]', '"0.0.0.0/0" is everybody'],
    ['["::/0"]', '"::/0" is everybody'],
  ] as const)('may not be %s', ([networks, problem]) => {
    for (const [nginx, app] of [
      [`nginx: { site: { trusted_proxies: ${networks} } }`, ''],
      ['', `site: { trusted_proxies: ${networks} }`],
    ] as const) {
      const found = problems(config(nginx, app))
      expect(found).toHaveLength(1)
      expect(found[0]).toContain(problem)
    }
  })
})

/** What the first app's site is, without what is by default. */
const siteOf = (nginx: string, app: string) => {
  const { trustedProxies: _, ...site } = load(config(nginx, app)).apps['app0']?.site ?? {}
  return site
}

describe('a key of a site', () => {
  test.for<[string, object]>([
    ['protocol: grpc', { protocol: 'grpc' }],
    ['protocol: http', {}],
    ['max_body: 50M', { maxBody: '50m' }],
    ['max_body: 1073741824', { maxBody: '1073741824' }],
    ['max_body: 0', { maxBody: '0' }],
    ['max_body: off', { maxBody: '0' }],
    ['max_body: 100m', {}],
    ['timeout: 1m30s', { timeoutMs: 90_000 }],
    ['timeout: 1h', {}],
    ['gzip: true', { gzip: true }],
    ['gzip: off', {}],
    ['rate_limit: 20r/s', { rateLimit: { rate: '20r/s', burst: 20 } }],
    ['rate_limit: { rate: 300r/m, burst: 0 }', { rateLimit: { rate: '300r/m', burst: 0 } }],
    ['rate_limit: off', {}],
    [
      "headers: { X-Frame-Options: DENY, x-nothing: '', X-Sum: 1 }",
      { headers: { 'X-Frame-Options': 'DENY', 'x-nothing': '', 'X-Sum': '1' } },
    ],
    ["headers: { X-Any: '\";{}#$$x\\' }", { headers: { 'X-Any': '";{}#$x\\' } }],
    ['headers: off', {}],
    ['basic_auth: /etc/nginx/api.htpasswd', { basicAuth: '/etc/nginx/api.htpasswd' }],
    ['basic_auth: false', {}],
    ['include: /etc/nginx/api.more', { include: '/etc/nginx/api.more' }],
    ['include: off', {}],
    [
      'error_pages: { 502: /srv/502.html, 503: /srv/503.html }',
      { errorPages: { 502: '/srv/502.html', 503: '/srv/503.html' } },
    ],
    ['error_pages: off', {}],
    ['error_pages: {}', {}],
    ['headers: {}', {}],
  ])('%s is the same of one app and of all', ([key, expected]) => {
    expect(siteOf('', `site: { ${key} }`)).toEqual(expected)
    expect(siteOf(`nginx: { site: { ${key} } }`, '')).toEqual(expected)
  })

  test.for<[string, string, object]>([
    ['max_body: 1g', 'max_body: 100m', {}],
    ['max_body: 1g, timeout: 2h', 'timeout: 5m', { maxBody: '1g', timeoutMs: 300_000 }],
    ['timeout: 2h', 'timeout: ', { timeoutMs: 7_200_000 }],
    ['gzip: true, rate_limit: 20r/s', 'gzip: false, rate_limit: false', {}],
    [
      'headers: { X-A: a, X-B: b, X-C: c }',
      'headers: { x-a: other, X-B: ~, X-D: d }',
      { headers: { 'x-a': 'other', 'X-C': 'c', 'X-D': 'd' } },
    ],
    ['headers: { X-A: a }', 'headers: off', {}],
    [
      'error_pages: { 502: /a, 503: /b, 504: /c }',
      'error_pages: { 503: ~, 504: /d, 429: /e }',
      { errorPages: { 429: '/e', 502: '/a', 504: '/d' } },
    ],
    ['basic_auth: /a, include: /b', 'basic_auth: false, include: /c', { include: '/c' }],
  ])('%s of all goes under %s of an app', ([all, one, expected]) => {
    expect(siteOf(`nginx: { site: { ${all} } }`, `site: { ${one} }`)).toEqual(expected)
  })

  test.for<[string, string]>([
    ['max_body: 100MB', '"100MB" is not a size for Nginx; write it like 100m, 1g or 512k'],
    ['max_body: "1m; } server {"', '"1m; } server {" is not a size for Nginx'],
    ['timeout: 90', '"90" is not a duration'],
    ['timeout: 0', '"0" is not a duration from 1ms'],
    ['gzip: 5', '"5" is not true or false'],
    ['rate_limit: 20', '"20" is not a rate of requests; write it like 20r/s'],
    ['rate_limit: 0r/s', '"0r/s" is not a rate of requests'],
    ['rate_limit: 20r/s burst=5', '"20r/s burst=5" is not a rate of requests'],
    ['headers: { "X A": 1 }', '"X A" is not the name of a header'],
    ['headers: { X-A: 1, x-a: 2 }', 'x-a stands here twice'],
    ['headers: { Content-Length: 1 }', 'Content-Length belongs to each answer itself'],
    ['headers: { X-A: "a\\nb" }', 'the value of X-A has other characters than'],
    ['headers: { X-A: [1] }', 'this must be a single value'],
    [`headers: { X-A: "${'$$'.repeat(150)}" }`, 'the value of X-A is too long for Nginx'],
    [
      'error_pages: { 404: /a }',
      '"404" is not a status that Nginx answers by itself; those are: 401, 403, 413,',
    ],
    ['error_pages: { 502: "/a; deny all" }', '"/a; deny all" is not a file for Nginx'],
    ['error_pages: /a', 'this must be a mapping'],
    ['protocol: h2', '"h2" is not http or grpc'],
    ['basic_auth: true', '"true" is not a file for Nginx; a path of letters'],
    ['basic_auth: "/a b"', '"/a b" is not a file for Nginx'],
    ['include: "/a; } server {"', '"/a; } server {" is not a file for Nginx'],
    ['include: [/a, /b]', 'this must be a single value'],
    ['rate_limit: { burst: 5 }', 'rate is missing; write it like 20r/s'],
    ['rate_limit: { rate: 1r/s, burst: -1 }', '"-1" is not a whole number'],
  ])('may not be %s', ([key, problem]) => {
    const found = problems(config('', `site: { ${key} }`))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^config\.yaml:4:\d+: apps\.app0\.site\b/)
    expect(found[0]).toContain(problem)
  })
})

describe('protocol: grpc without TLS is warned of', () => {
  const grpc = 'domains: [a.test], site: { protocol: grpc }'
  test.for<[string, string, string, number]>([
    ['with domains', '', grpc, 1],
    ['of all apps', 'nginx: { site: { protocol: grpc } }', 'domains: [a.test]', 1],
    ['also where it is put off', 'tls: { email: a@b.example }', `${grpc}, tls: false`, 1],
    ['but not over TLS', 'tls: { email: a@b.example }', grpc, 0],
    ['nor with a certificate', '', `${grpc}, tls: { certificate: /c.pem, key: /k.pem }`, 0],
    ['nor with a site of your own', '', 'site: { protocol: grpc }', 0],
  ])('%s', ([, all, app, count]) => {
    const said = warnings(config(all, app)).filter((each) => each.includes('grpc'))
    expect(said).toHaveLength(count)
    for (const each of said) expect(each).toMatch(/: apps\.app0.*site\.protocol is grpc, and/)
  })
})

test.for<[string, true | undefined]>([
  ['site: { protocol: grpc }', true],
  ['site: { protocol: grpc }, health: { interval: 5s }', true],
  ['site: { protocol: grpc }, health: { path: /healthz, port: 8081 }', undefined],
  ['site: { protocol: grpc }, health: { port: 8081 }', undefined],
  ['site: { gzip: true }', undefined],
])('%s is asked for its health by gRPC: %s', ([site, grpc]) => {
  expect(load(config('', site)).apps['app0']?.health.grpc).toBe(grpc)
})

test('a key of a site that is not known is named, with what is', () => {
  expect(problems(config('nginx: { site: { trusted_proxy: 10.0.0.1 } }', ''))).toEqual([
    'config.yaml:2:18: nginx.site.trusted_proxy: unknown key "trusted_proxy"; did you mean "trusted_proxies"?',
  ])
})
