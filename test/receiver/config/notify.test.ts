import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { secretsOf } from '../../../receiver/config/secrets-of.ts'
import { createRedactor } from '../../../receiver/core/redaction/redactor.ts'
import { load, problems, withLines } from './load-text.ts'

const KEY = 'q8Zt3LwXc0Vn7RbYk2Mf'
const SECRET = `whsec_${Buffer.alloc(24, 'n').toString('base64')}`
const SLACK = `https://hooks.slack.com/services/T/B/${KEY}`
const notify = (...lines: string[]) =>
  withLines('notify:', ...lines.map((line, at) => `${at === 0 ? '  - ' : '    '}${line}`))

test.for([
  [`{ slack: ${SLACK}, onn: failed }`, 'notify[0].onn: unknown key "onn"; did you mean "on"?'],
  ['on: failed', 'notify[0]: this names nobody; each entry has one of slack, discord'],
  [`{ slack: ${SLACK}, teams: x }`, 'notify[0]: slack and teams exclude each other'],
  [
    'slack: hello',
    'notify[0].slack: this is not the address of a slack webhook; write the address that',
  ],
  [
    'discord: http://discord.com/api/webhooks/1/x',
    'notify[0].discord: the news, and the address itself,',
  ],
  [
    `{ slack: ${SLACK}, on: [faild] }`,
    'notify[0].on[0]: "faild" is not something that is told; did you mean "failed"?',
  ],
  [`{ slack: ${SLACK}, on: [] }`, 'notify[0].on: it hears of nothing; name some of failed'],
  [
    `{ slack: ${SLACK}, apps: [apu] }`,
    'notify[0].apps[0]: "apu" is not an app of this config; did you mean "api"?',
  ],
  [`{ slack: ${SLACK}, name: No }`, 'notify[0].name: "No" is not a name'],
  ['webhook: { url: https://x.example/ }', 'notify[0].webhook: secret is missing or empty'],
  [
    'webhook: { url: https://x.example/, secret: abc }',
    'notify[0].webhook.secret: it begins with neither whsec_',
  ],
  [
    'webhook: { url: https://x.example/, secret: whsec_abc }',
    'notify[0].webhook.secret: whsec_ secret is not canonical',
  ],
  [
    'email: { to: a, from: b@x.example, host: h }',
    'notify[0].email.to: "a" is not an e-mail address',
  ],
  ['email: { from: b@x.example, host: h }', 'notify[0].email: to is missing'],
  [
    'email: { to: a@x.example, from: b@x.example, host: h, user: u }',
    'notify[0].email: password is missing',
  ],
  [
    'email: { to: a@x.example, from: b@x.example, host: h, user: u, password: p, tls: false }',
    'notify[0].email.tls: the password would go',
  ],
] as const)('%s is wrong by its line', ([text, said]) => {
  const [first = '', ...others] = problems(notify(text))
  expect(first).toMatch(/^config\.yaml:4:\d+: /)
  expect(first).toContain(said)
  expect(others).toEqual([])
  // a secret stands in no error
  expect(first).not.toContain(KEY)
})

test('two of one name, or the key of an app, are refused', () => {
  const twice = withLines('notify:', ...[1, 2].map(() => `  - { slack: ${SLACK}, name: ops }`))
  expect(problems(twice)).toEqual([expect.stringContaining('another target is called ops')])
  const shared = [
    'url: https://d.example',
    `apps: { api: { image: ghcr.io/acme/api, auth: { secrets: ${SECRET} } } }`,
    `notify: [{ webhook: { url: https://x.example/, secret: ${SECRET} } }]`,
  ].join('\n')
  expect(problems(shared)).toEqual([expect.stringContaining('a key serves one app and one kind')])
})

test('the secrets of targets are taken out of whatever is written', () => {
  const config = load(
    withLines(
      'notify:',
      `  - slack: ${SLACK}`,
      `  - webhook: { url: 'https://x.example/in?key=${KEY}', secret: ${SECRET} }`,
      '  - webhook: { url: https://x.example/in, secret: whsec_bW9yZSB0aGFuIHR3ZW50eSBmb3VyIGJ5dGVz }',
      '  - email: { to: a@x.example, from: b@x.example, host: h.example, user: me, password: hunter2-hunter2 }',
    ),
  )
  const { redact } = createRedactor(secretsOf(config))
  const login = Buffer.from('\0me\0hunter2-hunter2').toString('base64')
  for (const secret of [
    SLACK,
    `/services/T/B/${KEY}`,
    `in?key=${KEY}`,
    SECRET,
    'hunter2-hunter2',
    login,
  ]) {
    expect(redact(`before ${secret} after`)).not.toContain(secret)
  }
  expect(redact('POST https://x.example/in failed')).toContain('https://x.example/in')
})

const PEM = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey

test('the key of a GitHub App is a file beside the config, and its repositories are those of the pins', () => {
  const text = [
    'url: https://d.example',
    'apps:',
    '  api: { image: ghcr.io/acme/api, auth: { oidc: { repository: acme/api } } }',
    '  any: { image: ghcr.io/acme/any, auth: { oidc: { repository: acme/* } } }',
    '  web: { image: ghcr.io/acme/web, auth: { oidc: { repository: acme/web } } }',
    'github_app: { id: 1, installation: 2, key: app.pem, repositories: { web: acme/site } }',
  ].join('\n')
  expect(load(text, {}, { 'app.pem': PEM }).githubApp).toEqual({
    id: '1',
    installation: '2',
    key: PEM,
    apiUrl: 'https://api.github.com',
    repositories: { api: 'acme/api', web: 'acme/site' },
    environments: {},
  })
})

test.for([
  ['{ id: 1, installation: 2 }', 'key is missing'],
  ['{ id: 1, installation: 2, key: none.pem }', 'none.pem'],
  ['{ id: 1, installation: 2, key: bad.pem }', 'bad.pem is not the private key of a GitHub App'],
  ['{ id: 1, installation: x, key: app.pem }', '"x" is not an installation\'s id'],
  ['{ installation: 2, key: app.pem }', 'id is missing'],
  ['{ id: 1, installation: 2, key: app.pem, repositories: { apu: a/b } }', 'did you mean "api"?'],
  ['{ id: 1, installation: 2, key: app.pem, repositories: { api: b } }', '"b" is not a repository'],
  ['{ id: 1, installation: 2, key: app.pem, api_url: ftp://x }', "is not the URL of GitHub's API"],
] as const)('github_app: %s is wrong by its line', ([text, said]) => {
  const found = problems(withLines(`github_app: ${text}`), {}, { 'app.pem': PEM, 'bad.pem': 'no' })
  expect(found).toEqual([expect.stringMatching(/^config\.yaml:3:\d+: github_app/)])
  expect(found[0]).toContain(said)
})
