import { expect, test } from 'vitest'
import { certbotFailure } from '../../../../receiver/edges/certbot/failure.ts'

const CONTEXT = {
  server: 'https://ca.example/dir',
  log: '/data/certbot/letsencrypt.log',
  directory: '/etc/letsencrypt',
}
const NOW = Date.UTC(2026, 0, 1)
const DAY_MS = 24 * 60 * 60 * 1000

const explain = (said: string, logged = '') => certbotFailure({ said, logged }, CONTEXT, NOW)

/** What Certbot prints of challenges that failed. */
const challenges = (...all: [domain: string, type: string, detail: string][]) =>
  `Requesting a certificate for a.test\n\nCertbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:\n${all
    .map(
      ([domain, type, detail]) => `  Domain: ${domain}\n  Type:   ${type}\n  Detail: ${detail}\n`,
    )
    .join(
      '\n',
    )}\nHint: The Certificate Authority failed to download\n\nSome challenges have failed.\n`

/** What its log has of an answer of the CA's, among others. */
const answer = (status: number, type: string, detail: string, headers = '') =>
  `2026-01-01 00:00:00,1:DEBUG:acme.client:Received response:\nHTTP 200\nnonce: a\n\n{}\n2026-01-01 00:00:01,1:DEBUG:acme.client:Received response:\nHTTP ${status}\n${headers}content-type: application/problem+json\n\n${JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail, status }, undefined, 2)}\n2026-01-01 00:00:02,1:DEBUG:certbot._internal.log:Exiting abnormally:\nTraceback\nAttributeError: can't set attribute\n`

/** On Debian 12 this is all that it prints of any error of the CA's. */
const STUMBLED =
  "An unexpected error occurred:\nAttributeError: can't set attribute\nAsk for help or search for solutions at https://community.letsencrypt.org.\n"

test.for<[type: string, message: RegExp, hint: RegExp]>([
  ['dns', /^the CA found no address of a\.test: why$/, /A record/],
  ['connection', /^the CA could not read at a\.test: why$/, /port 80.*ufw allow 80\/tcp.*AAAA/],
  ['unauthorized', /^the CA read something else at a\.test: why$/, /another server answers/],
  ['caa', /^a CAA record forbids this CA to vouch for a\.test: why$/, /letsencrypt\.org/],
  ['urn:ietf:params:acme:error:dns', /^the CA found no address/, /A record/],
])('a challenge that failed of %s is explained', ([type, message, hint]) => {
  const error = explain(challenges(['a.test', type, 'why']))
  expect(error.message).toMatch(message)
  expect(error.hint).toMatch(hint)
})

test('of several names each is said, and a remedy once', () => {
  const { message, hint } = explain(
    challenges(['a.test', 'caa', 'one'], ['b.test', 'caa', 'two'], ['c.test', 'dns', 'three']),
  )
  expect(message.split('; ')).toHaveLength(3)
  expect(hint.split('\n')).toHaveLength(2)
})

test.for<[status: number, type: string, detail: string, message: RegExp, hint: RegExp]>([
  [429, 'rateLimited', 'too many', /^the CA gives no more for now: too many$/, /nothing has to be/],
  [403, 'caa', 'CAA', /^a CAA record forbids this CA to vouch for this: CAA$/, /CAA records/],
  [400, 'rejectedIdentifier', 'a TLD', /gives no certificate for such a name: a TLD/, /tls: false/],
  [
    400,
    'accountDoesNotExist',
    'x',
    /does not take Certbot's account any more: x/,
    /unregister --server https:\/\/ca\.example/,
  ],
  [
    403,
    'unauthorized',
    'Account is not valid, has status "deactivated"',
    /account any more/,
    /accounts/,
  ],
  [403, 'externalAccountRequired', 'x', /only accounts that are bound/, /tls: \{ eab: /],
  [500, 'serverInternal', 'x', /^the CA has trouble: x$/, /asked again by itself/],
  [400, 'badCSR', 'x', /^the CA refuses it \(badCSR\): x$/, /letsencrypt\.log has all of it/],
])('what the CA answers is found in the log: %s %s', ([status, type, detail, message, hint]) => {
  const error = explain(STUMBLED, answer(status, type, detail))
  expect(error.message).toMatch(message)
  expect(error.hint).toMatch(hint)
})

test.for<[string, string, number]>([
  ['a header', answer(429, 'rateLimited', 'x', 'retry-after: 7200\n'), 7_200_000],
  [
    "the words of Let's Encrypt",
    answer(429, 'rateLimited', 'x, retry after 2026-01-03 00:00:00 UTC: see'),
    2 * DAY_MS,
  ],
  ['nothing', answer(429, 'rateLimited', 'x'), 3_600_000],
  ['a CA that is busy', answer(503, 'serverInternal', 'x', 'Retry-After: 60\n'), 60_000],
])('how long a CA wants to be left alone is read from %s', ([, logged, expected]) => {
  expect(explain(STUMBLED, logged).retryAfterMs).toBe(expected)
})

test.for<[string, RegExp, RegExp]>([
  [
    'An unexpected error occurred:\nValueError: Requesting 127.0.0.1/dir: Connection refused\nAsk for help or search',
    /^the CA cannot be reached: ValueError: Requesting/,
    /https:\/\/ca\.example\/dir/,
  ],
  [
    'An unexpected error occurred:\nacme.errors.ClientError: <Response [503]>\nAsk for help',
    /^the CA is down/,
    /by itself/,
  ],
  ['Another instance of Certbot is already running.', /^another Certbot is at work$/, /by itself/],
  [
    'Unable to register an account with ACME server. Server requires external account binding.',
    /bound to one/,
    /eab/,
  ],
  ['Missing command line flag: Please choose an account', /several accounts/, /show_account/],
  ['', /^Certbot failed: it printed nothing$/, /has all of it/],
])('what Certbot says itself is explained: %s', ([said, message, hint]) => {
  const error = explain(said)
  expect(error.message).toMatch(message)
  expect(error.hint).toMatch(hint)
})

test("a stranger's words are cut, and on one line", () => {
  const { message } = explain(
    STUMBLED,
    answer(400, 'badCSR', `a\n\u001b[31mb${'x'.repeat(10_000)}`),
  )
  expect(message.length).toBeLessThan(600)
  for (const each of ['\n', '\u001b']) expect(message).not.toContain(each)
})

test.for(['{', '[]', '"urn:ietf:params:acme:error:dns"', '{"type":7}', 'null'])(
  'an answer that is none is no reason to fail: %s',
  (body) => {
    const logged = `Received response:\nHTTP 400\na: b\n\n${body}\n2026-01-01 00:00:02,1:DEBUG`
    expect(explain(STUMBLED, logged).message).toMatch(/^Certbot failed: AttributeError/)
  },
)

test.for([
  ['too many certificates (50) already issued for "a.test" in the last 168h', 'domain'],
  ['too many certificates (5) already issued for this exact set of identifiers', 'names'],
  ['too many failed authorizations (5) for "a.test" in the last 1h0m0s', 'names'],
  ['too many new orders (300) from this account in the last 3h0m0s', 'account'],
] as const)('a limit that is reached, %s, is of: %s', ([detail, of]) => {
  const { verdict } = explain(STUMBLED, answer(429, 'rateLimited', detail))
  expect(verdict).toEqual({ kind: 'limited', of })
})

test('a proof that failed counts, and what else went wrong does not', () => {
  expect(explain(challenges(['a.test', 'dns', 'why'])).verdict).toEqual({ kind: 'unproven' })
  expect(explain(STUMBLED, answer(500, 'serverInternal', 'x')).verdict).toBeUndefined()
  expect(explain('').verdict).toBeUndefined()
})

test('of a proof by DNS the zone and the plugin are what to look at', () => {
  const error = explain(
    challenges(['p.test', 'unauthorized', 'No TXT record found at _acme-challenge.p.test']),
  )
  expect(error.message).toMatch(/^the CA did not find the proof in the DNS of p\.test/)
  expect(error.hint).toContain('_acme-challenge.p.test')
  const said = 'The requested dns-ovh plugin does not appear to be installed\n'
  expect(explain(said)).toMatchObject({
    message: 'Certbot has no plugin dns-ovh',
    hint: expect.stringContaining('apt install python3-certbot-dns-ovh'),
  })
})
