import { describe, expect, test } from 'vitest'
import { secretsOf } from '../../../receiver/config/secrets-of.ts'
import { app, load, problems } from './load-text.ts'

const config = (tls: string, ...lines: string[]) =>
  [
    'url: https://d.example',
    `tls: ${tls}`,
    'apps:',
    '  api:',
    '    image: ghcr.io/acme/api',
    ...lines.map((line) => `    ${line}`),
  ].join('\n')

const EMAIL = '{ email: ops@example.com }'
const KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W'

describe('tls', () => {
  test('needs an address alone, and then every app with domains has a certificate', () => {
    const { tls, apps } = load(config(EMAIL, 'domains: [api.example.com]'))
    expect(tls).toEqual({
      email: 'ops@example.com',
      server: 'https://acme-v02.api.letsencrypt.org/directory',
    })
    expect(apps['api']?.tls).toEqual({ kind: 'acme' })
    expect(load(config(EMAIL)).apps['api']?.tls).toBeUndefined()
    expect(app(['domains: [api.example.com]']).tls).toBeUndefined()
  })

  test('may be tried out, and may be another CA', () => {
    const server = (tls: string) => load(config(tls)).tls?.server
    expect(server('{ email: a@b.example, staging: true }')).toBe(
      'https://acme-staging-v02.api.letsencrypt.org/directory',
    )
    expect(server('{ email: a@b.example, server: https://ca.example/dir }')).toBe(
      'https://ca.example/dir',
    )
  })

  test('of an app is none, or its own, also where no CA is asked', () => {
    const off = load(config(EMAIL, 'domains: [api.example.com]', 'tls: false'))
    expect(off.apps['api']?.tls).toBeUndefined()
    expect(app(['domains: [a.example]', 'tls: { certificate: /a.pem, key: /a.key }']).tls).toEqual({
      kind: 'files',
      certificate: '/a.pem',
      key: '/a.key',
    })
  })

  test('the key of an account is a secret, and stands in no problem', () => {
    const tls = `{ email: a@b.example, eab: { kid: k, hmac_key: "\${EAB}" } }`
    const { common } = secretsOf(load(config(tls), { EAB: KEY }))
    expect(common.map(({ value }) => value)).toContain(KEY)
    const wrong = problems(config(tls), { EAB: `${KEY}/+` })
    expect(wrong).toEqual([
      'config.yaml:2:53: tls.eab.hmac_key: this is not a key in base64url; copy it as the CA gave it: letters, digits, - and _',
    ])
  })

  test.for([
    ['{}', 'tls.email is missing'],
    ['{ email: ops }', '"ops" is not an e-mail address'],
    ['{ email: "a@b.example --post-hook x" }', 'is not an e-mail address'],
    ['{ email: "-m@b.example, c@d.example" }', 'is not an e-mail address'],
    [
      '{ email: a@b.example, server: http://ca.example }',
      "is not the URL of a CA's ACME directory",
    ],
    ['{ email: a@b.example, server: https://ca.example, staging: true }', 'names another CA'],
    ['{ email: a@b.example, eab: { kid: k } }', 'tls.eab.hmac_key is missing'],
    ['{ email: a@b.example, eab: { hmac_key: 0123456789abcdef } }', 'tls.eab.kid is missing'],
    ['{ email: a@b.example, directory: ../x }', 'is not an absolute path'],
    ['{ mail: a@b.example }', 'unknown key "mail"; did you mean "email"?'],
  ] as const)('is not %s', ([tls, problem]) => {
    expect(problems(config(tls)).join('\n')).toContain(problem)
  })

  test.for([
    [['tls: true', 'domains: [a.example]'], 'there is no CA to ask'],
    [['tls: { certificate: /a.pem }'], 'tls.key is missing'],
    [['tls: { certificate: "/a.pem; }", key: /a.key }'], 'is not an absolute path'],
    [['tls: maybe'], 'is not true or false'],
  ] satisfies [string[], string][])('of an app is not %s', ([lines, problem]) => {
    const text = ['url: https://d.example', 'apps:', '  api:', '    image: ghcr.io/acme/api']
    const found = problems([...text, ...lines.map((line) => `    ${line}`)].join('\n'))
    expect(found.join('\n')).toContain(problem)
  })

  test('a wildcard takes a certificate that was had by DNS', () => {
    const domains = "domains: [api.example.com, '*.api.example.com']"
    expect(problems(config(EMAIL, domains))).toEqual([
      expect.stringMatching(
        /^config\.yaml:6:32: .*\*\.api\.example\.com cannot be had over HTTP.*certificate:/,
      ),
    ])
    expect(problems(config(EMAIL, domains, 'tls: false'))).toEqual([])
    expect(problems(config(EMAIL, domains, 'tls: { certificate: /a, key: /b }'))).toEqual([])
  })
})

describe('hsts', () => {
  const hsts = (value: string) => app([`site: { hsts: ${value} }`]).site.hsts
  test('is a year, or as it is said', () => {
    expect(hsts('true')).toBe('max-age=31536000')
    expect(hsts('{ max_age: 300 }')).toBe('max-age=300')
    expect(hsts('{ max_age: 63072000, include_subdomains: true, preload: true }')).toBe(
      'max-age=63072000; includeSubDomains; preload',
    )
    expect(hsts('false')).toBeUndefined()
  })

  test('of all sites is not that of one which takes it back', () => {
    const nginx = 'nginx: { site: { hsts: true, http3: true } }'
    const apps = (site: string) =>
      load(`url: https://d.example\n${nginx}\napps: { api: { image: a/b, ${site} } }`).apps['api']
        ?.site
    expect(apps('')).toMatchObject({ hsts: 'max-age=31536000', http3: true })
    expect(apps('site: { hsts: false, http3: false }')).toEqual({ trustedProxies: [] })
  })

  test('is in no list of browsers for less than they take', () => {
    expect(
      problems(`url: https://d.example\nnginx: { site: { hsts: { preload: true } } }\napps: {}`),
    ).toEqual([expect.stringContaining('preload goes with include_subdomains: true')])
  })
})

test('behind a balancer that speaks the PROXY protocol somebody is believed', () => {
  const nginx = (more: string) =>
    problems(`url: https://d.example\nnginx: { proxy_protocol: true${more} }\napps: {}`)
  expect(nginx('')).toEqual([expect.stringContaining('nginx.site.trusted_proxies')])
  expect(nginx(', site: { trusted_proxies: 10.0.0.0/8 }')).toEqual([])
})
