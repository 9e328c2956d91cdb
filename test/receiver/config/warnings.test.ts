import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isGuessable } from '../../../receiver/config/guessable.ts'
import { load, problems, remarks, warnings, withApp, withLines } from './load-text.ts'

const GOOD = 'd41f8e0c93b2a7566f1e09ab47c38d25e6b0714f'
const CLEAR = (name: string, variable = name) =>
  `the secret ${name} stands here in the clear; write \${${variable}}, and set that in an env file that only the receiver reads`
const GUESSED =
  'this secret can be guessed: it repeats itself, or is made of words or rows; openssl rand -hex 24 makes one that cannot'

test('a sensible config has no warnings', () => {
  const lines = [
    'trusted_proxies: [10.0.0.0/8, "fd00::/8", 104.16.0.0/13, "2400:cb00::/32"]',
    'listen: 10.0.0.5:9080',
    'admin: "[::1]:9081"',
    `read_tokens: ["\${READ}", ${GOOD}]`,
    'registries: { ghcr.io: { username: a, password: "${READ}" } }',
  ]
  expect(warnings(withLines(...lines), { READ: 'f2b7d91c4e8a60357bd19c2e4f8a6035' })).toEqual([])
})

describe('addresses', () => {
  test.for(['0.0.0.0', '[::]', '10.0.0.5', '203.0.113.5', 'vm.example.com'])(
    'the administration at %s can be reached from elsewhere',
    (host) => {
      const [warning, ...others] = warnings(withLines(`admin: "${host}:9081"`))
      expect(warning).toMatch(/^config\.yaml:3:8: admin: ".*" is not on loopback: .*; write 127/)
      expect(others).toEqual([])
    },
  )

  test.for(['0.0.0.0', '[::]', '203.0.113.5', '[2001:db8::1]', 'vm.example.com'])(
    'hooks at %s come without TLS',
    (host) => {
      const [warning, ...others] = warnings(withLines(`listen: "${host}:9080"`))
      expect(warning).toMatch(
        /^config\.yaml:3:9: listen: ".*" takes hooks from anywhere, without TLS;/,
      )
      expect(others).toEqual([])
    },
  )

  test.for(['127.0.0.1', '127.1.2.3', 'localhost', '[::1]'])('%s is loopback', (host) => {
    expect(warnings(withLines(`listen: "${host}:1"`, `admin: "${host}:2"`))).toEqual([])
  })

  test.for([
    '0.0.0.0/0',
    '0.0.0.0/1',
    '128.0.0.0/1',
    '1.2.3.4/7',
    '::/0',
    '2000::/3',
    '::/80',
    '::ffff:0:0/96',
    '::ffff:128.0.0.0/97',
  ])('a proxy %s is everybody', (network) => {
    const text = withLines(`trusted_proxies: [127.0.0.1, "${network}"]`)
    expect(warnings(text)).toEqual([
      'config.yaml:3:30: trusted_proxies[1]: nearly everybody is such a proxy: a stranger chooses the address that limits and the audit trail go by; name the addresses of your own proxies',
    ])
  })
})

describe('a secret that can be guessed', () => {
  test('is named by its place, never shown', () => {
    const weak = 'ab'.repeat(12)
    const whsec = `whsec_${Buffer.alloc(24, 'k').toString('base64')}`
    const lines = ['auth:', `  basic: { token: [${GOOD}, "\${WEAK}"] }`, `  secrets: [${whsec}]`]
    expect(warnings(withApp(...lines), { WEAK: weak })).toEqual([
      `config.yaml:6:66: apps.api.auth.basic.token[1]: ${GUESSED}`,
      `config.yaml:7:17: apps.api.auth.secrets[0]: ${GUESSED}`,
    ])
  })

  test.for([
    ['one character', 'a'.repeat(24)],
    ['a pattern that comes again', 'x9$'.repeat(9)],
    ['the same three times', 'deadbeef'.repeat(3)],
    ['a row', 'abcdefghijklmnopqrstuvwxyz'],
    ['digits in a row', '123456789012345678901234'],
    ['a number', '000000000000000000000001'],
    ['words', 'this-is-my-secret-token-for-api'],
    ['words in one', 'ThisIsTheTokenForProduction'],
    ['words and a year', 'my-super-secret-deploy-token-2024'],
    ['a placeholder', 'changeme-changeme-changeme'],
    ['from an example', 'your-webhook-secret-goes-here'],
  ] as const)('may be %s: %s', ([, secret]) => {
    expect(isGuessable(secret)).toBe(true)
  })

  test('comes from none of the usual generators', () => {
    const made = Array.from({ length: 200 }, () => [
      randomBytes(24).toString('hex'),
      randomBytes(24).toString('base64'),
      randomBytes(24).toString('latin1'),
      randomUUID(),
    ]).flat()
    expect(made.filter(isGuessable)).toEqual([])
  })
})

describe('a secret in the clear', () => {
  test.for([
    ['environment: { DB_PASSWORD: x }', '33', 'environment.DB_PASSWORD', CLEAR('DB_PASSWORD')],
    ['environment: [API_KEY=x]', '19', 'environment[0]', CLEAR('API_KEY')],
    ['environment: { TOKEN_2: x }', '29', 'environment.TOKEN_2', CLEAR('TOKEN_2')],
    [
      'environment: { jwt.secret: x }',
      '32',
      'environment.jwt.secret',
      CLEAR('jwt.secret', 'JWT_SECRET'),
    ],
    ['environment: { S_TOKEN: "p$$w" }', '29', 'environment.S_TOKEN', CLEAR('S_TOKEN')],
    ['environment: { DB: "postgres://a:pw@db/x" }', '24', 'environment.DB', CLEAR('DB')],
    [
      'health: { headers: { Authorization: Bearer x } }',
      '41',
      'health.headers.Authorization',
      CLEAR('Authorization', 'AUTHORIZATION'),
    ],
  ] as const)('%s', ([line, column, path, message]) => {
    expect(warnings(withApp(line))).toEqual([
      `config.yaml:5:${column}: apps.api.${path}: ${message}`,
    ])
  })

  test.for([
    'environment: { DB_PASSWORD: "${VALUE}" }',
    'environment: { DB_PASSWORD: $VALUE }',
    'environment: ["DB_PASSWORD=${VALUE}"]',
    'environment: [DB_PASSWORD]',
    'environment: { DB: "postgres://a:${VALUE}@db/x" }',
    'environment: { DB_PASSWORD: "" }',
    'environment: { RESET_PASSWORD: true }',
    'environment: { DB_PASSWORD_FILE: /run/secrets/db }',
    'environment: { TOKEN_TTL: 1h, PASSWORD_MIN_LENGTH: 8, AWS_ACCESS_KEY_ID: x }',
    'environment: { PUBLIC_KEY: x, MONKEY: x, COMPASS: x }',
  ])('is not %s', (line) => {
    expect(warnings(withApp(line), { VALUE: 'v', DB_PASSWORD: 'w' })).toEqual([])
  })
})

test('what is wrong is said alone, and what is unwise stops nothing', () => {
  expect(load(withLines('admin: 0.0.0.0:9081')).admin.host).toBe('0.0.0.0')
  expect(() => warnings(withLines('admin: 0.0.0.0:9081', 'listen: x'))).toThrow(
    /^config\.yaml:4:9: listen: "x" is not an address[^\n]*$/,
  )
})

describe('a page', () => {
  const PAGE = 'page: { domain: page.example }'
  const TLS = 'tls: { email: ops@d.example }'
  test('that nobody comes to is told of, as far as the config shows it', () => {
    const said = (...lines: string[]) => remarks(withLines(...lines))
    expect(said(PAGE, TLS)).toEqual({ warnings: [], notices: [] })
    expect(said(PAGE)).toEqual({
      warnings: [
        'config.yaml:3:17: page.domain: nothing asks for a certificate of page.example, and the page is never served without TLS; write `tls: { email: ops@example.com }`',
      ],
      notices: [],
    })
    expect(said(PAGE, TLS, 'site: false')).toEqual({
      warnings: [],
      notices: [
        "config.yaml:3:17: page.domain: the site of page.example is none of the receiver's: `site: false` leaves it to you; docs/page.md has what it passes on",
      ],
    })
    expect(said('page: { domain: d.example }', 'site: false').notices).toEqual([
      expect.stringContaining("the site of url is none of the receiver's"),
    ])
  })

  test('has a name that no app has', () => {
    expect(problems(`${PAGE}\n${withApp('domains: [api.example, page.example]')}`)).toEqual([
      'config.yaml:6:28: apps.api.domains[1]: page.example is page.domain, at which the page is; give api another name, or the page: page.page.example',
    ])
  })
})
