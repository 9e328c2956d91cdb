import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createLog } from '../../../../receiver/serve/log.ts'
import { secretsOf } from '../../../../receiver/config/secrets-of.ts'
import {
  createRedact,
  MAX_CHARACTERS,
  type Secret,
} from '../../../../receiver/core/redaction/redact.ts'
import { createRedactor } from '../../../../receiver/core/redaction/redactor.ts'
import { load } from '../../config/load-text.ts'

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${path}`, import.meta.url), 'utf8'))

interface Signed {
  secret?: string
  privateKey?: string
  signature: string
}
const webhooks = (read('standard-webhooks/vectors.json') as { positive: Signed[] }).positive
const hmacs = (read('github-hmac/x-hub-signature-256.json') as { vectors: Signed[] }).vectors
const { configs } = read('docker-config/cases.json') as {
  configs: [{ json: string; expect: object }]
}

/** What a log line is when `write` logs with these secrets known. */
function logged(secrets: readonly Secret[], details: object): string {
  let line = ''
  const log = createLog(createRedactor({ common: secrets, apps: {} }), {
    sink: (text) => void (line += text),
  })
  log('warn', 'a message', details)
  return line
}

describe('every secret of the published vectors stays out of the log', () => {
  const all = webhooks.flatMap(({ secret, privateKey, signature }) =>
    [secret, privateKey, ...signature.split(' ')].filter((text) => text !== undefined),
  )
  // one of them bears no prefix: nothing tells it from other base64
  const known = all.filter((text) => !/^(?:wh|v1)/.test(text))
  test.each(all)('%s, by its shape', (secret) => {
    const error = new Error(`refused ${secret}`, { cause: new Error(`because of ${secret}`) })
    const line = logged(
      known.map((value) => ({ name: 'key', value })),
      { a: secret, b: [`x ${secret} y`], c: { [secret]: 1 }, error },
    )
    expect(line).not.toContain(secret.replace(/^[^,_]*[,_]/, ''))
    expect(line).toContain('because of')
  })

  test.each(hmacs.filter(({ signature }) => signature !== 'foo'))(
    'the GitHub signature $signature, by its shape',
    ({ signature }) => {
      expect(logged([], { reason: `X-Hub-Signature-256: ${signature}` })).not.toContain(
        signature.slice(7),
      )
    },
  )

  test.each(hmacs)('the GitHub secret $secret, once it is known', ({ secret = '' }) => {
    const line = logged([{ name: 'secret of api', value: secret }], {
      reason: `got ${secret}; as JSON ${JSON.stringify({ secret })}; in a URL ${encodeURIComponent(secret)}`,
    })
    expect(line).not.toContain(secret)
    expect(line).toContain('[secret of api]')
  })

  test('the login of the Docker config, by its shape and once it is known', () => {
    const [{ json, expect: expected }] = configs
    const [{ username, password }] = Object.values(expected) as [
      { username: string; password: string },
    ]
    const auth = Buffer.from(`${username}:${password}`).toString('base64')
    expect(json).toContain(auth)
    expect(logged([], { reason: `cannot read ${json}` })).not.toContain(auth)
    const config = load(
      `url: https://d.example\nregistries: { docker.io: { username: ${username}, password: ${password} } }\napps: { api: { image: api } }`,
    )
    const line = logged(secretsOf(config).common, {
      reason: `X-Registry-Auth ${auth}, ${password}!`,
    })
    expect(line).not.toContain(auth)
    expect(line).not.toContain(password)
  })
})

describe('what is taken out by its shape', () => {
  const redact = createRedact([])
  test.each([
    ['Authorization: Bearer abc.def-ghi_jkl', 'Authorization: Bearer [token]'],
    ['authorization: basic YXBpOnRva2VuLXRva2Vu', 'authorization: basic [token]'],
    ['token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln!', 'token [token]!'],
    ['pulled with ghp_0123456789abcdef0123', 'pulled with [token]'],
    ['at https://api:pa%3Ass@deploy.example/x', 'at https://[login]@deploy.example/x'],
    ['at postgres://user:pass@db/x', 'at postgres://[login]@db/x'],
    ['GET https://a.example/x?token=abc&b=1 failed', 'GET https://a.example/x?[query] failed'],
    ['GET /hooks/api?sig=abc failed', 'GET /hooks/api?[query] failed'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected)
  })

  test.each([
    `ghcr.io/acme/api:1.4.2@sha256:${'a1'.repeat(32)}`,
    'the Authorization header is not `Bearer` and a JWT',
    'https://ghcr.io/v2/acme/api/manifests/latest answered 500',
    'what now? try again',
    'key ab12cd34ef56',
  ])('%s stays as it is', (text) => {
    expect(redact(text)).toBe(text)
  })
})

describe('secrets of a config', () => {
  const config = load(
    [
      'url: https://d.example',
      'registries: { ghcr.io: { username: acme, password: "p/ss word" } }',
      `read_tokens: [${'r'.repeat(24)}]`,
      'apps:',
      '  api:',
      '    image: ghcr.io/acme/api',
      '    registries: { ghcr.io: { username: bot, password: only-for-api } }',
      `    auth: { secrets: [whsec_${'k'.repeat(43)}=], basic: { token: ${'b'.repeat(24)} }, github: { secret: ${'g'.repeat(24)} } }`,
      '    environment: { DATABASE_URL: "postgres://db/x", LEVEL: info, KEY: "line one is long enough\\nline two is long enough" }',
      '    health: { headers: { Authorization: hello-there } }',
    ].join('\n'),
  )
  const redact = createRedactor(secretsOf(config)).of('api')

  test.each([
    ['p/ss word', '[password of ghcr.io]'],
    ['p%2Fss%20word', '[password of ghcr.io]'],
    ['only-for-api', '[password of ghcr.io]'],
    ['r'.repeat(24), '[read token]'],
    [`whsec_${'k'.repeat(43)}=`, '[secret of api]'],
    [`${'k'.repeat(43)}=`, '[secret of api]'],
    ['b'.repeat(24), '[token of api]'],
    ['g'.repeat(24), '[secret of api]'],
    ['postgres://db/x', 'postgres://db/x'],
    ['line two is long enough', '[KEY]'],
    ['hello-there', '[Authorization]'],
    ['info', 'info'],
  ])('%s is shown as %s', (value, shown) => {
    expect(redact(`it was ${value}.`)).toBe(`it was ${shown}.`)
  })
})

test('a short secret is taken out as a word, and left within digests', () => {
  const redact = createRedact([{ name: 'password of x', value: '0123' }])
  expect(redact('0123 is not sha256:ab0123cd')).toBe('[password of x] is not sha256:ab0123cd')
})

test('control characters are escaped: nobody can forge a line or move a cursor', () => {
  const line = logged([], { reason: 'a\nb\u001b[2Jc\u0085d\u202ee\u2028f\u007fg' })
  expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u202e]/u)
  expect(line.split('\n')).toHaveLength(2)
})

test('an error is logged without the request that it may hold', () => {
  const error = Object.assign(new Error('no'), {
    config: { headers: { 'X-Registry-Auth': 'abc' } },
  })
  expect(logged([], { error })).not.toContain('X-Registry-Auth')
})

test('what holds itself is cut off', () => {
  const self: Record<string, unknown> = {}
  self['self'] = self
  expect(logged([], self)).toContain('[too deep]')
})

describe('a text of any length', () => {
  const SECRET = 'correct-horse-battery'
  const redact = createRedact([{ name: 'KEY', value: SECRET }])

  test('is shown to a limit, with how much more there is', () => {
    const shown = redact('x'.repeat(100_000))
    expect(shown).toBe(
      `${'x'.repeat(MAX_CHARACTERS)} (and ${100_000 - MAX_CHARACTERS} characters more)`,
    )
  })

  // wherever the limit falls within it
  test.each([0, 1, 5, SECRET.length - 1, SECRET.length])(
    'shows nothing of a secret of which %i characters are before the limit',
    (before) => {
      const shown = redact(`${'x'.repeat(MAX_CHARACTERS - before)}${SECRET}${'y'.repeat(1000)}`)
      for (let length = 4; length <= SECRET.length; length++) {
        expect(shown).not.toContain(`x${SECRET.slice(0, length)}`)
      }
    },
  )

  test.each([4, 10, SECRET.length - 1])(
    'that somebody cut after %i characters of a secret, and said so, shows none of them',
    (length) => {
      expect(redact(`said: ${SECRET.slice(0, length)}…`)).toBe('said: [cut]…')
    },
  )

  test('that was cut and goes on shows none of them either', () => {
    const text = `one said a${SECRET.slice(0, 9)}…, after 2 probes; two: b… and c…`
    expect(redact(text)).toBe('one said a[cut]…, after 2 probes; two: b… and c…')
  })

  test('that was cut elsewhere stays as it is', () => {
    expect(redact('said: correctly…')).toBe('said: correctly…')
  })
})

describe('other forms of a secret', () => {
  const SECRET = 'pässword/+of~the?db'
  const redact = createRedact([{ name: 'PW', value: SECRET }])
  const bytes = Buffer.from(SECRET)

  test.each([
    ['in base64', bytes.toString('base64')],
    ['in base64 for URLs', bytes.toString('base64url')],
    ['in hex', bytes.toString('hex')],
    ['in upper-case hex', bytes.toString('hex').toUpperCase()],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
  ])('%s', (_form, text) => {
    expect(redact(`it was ${text}.`)).toMatch(/^it was .{0,2}\[PW\].{0,3}\.$/)
  })

  test.each(['', 'a', 'ab', 'abc', 'user:', 'somebody:'])('in base64 after %j', (before) => {
    const text = Buffer.from(`${before}${SECRET} and more`).toString('base64')
    expect(redact(text)).toContain('[PW]')
  })

  test('half of a surrogate pair breaks nothing', () => {
    expect(createRedact([{ name: 'PW', value: 'half-\ud800-of-it' }])('text')).toBe('text')
  })

  test('a word is taken out as a word alone', () => {
    const word = createRedact([{ name: 'PASSWORD', value: 'postgres' }])
    expect(word('postgres at postgresql')).toBe('[PASSWORD] at postgresql')
  })
})
