import { describe, expect, test } from 'vitest'
import { app, problems, withApp } from './load-text.ts'

const PUBLIC_KEY = `whpk_${Buffer.alloc(32, 7).toString('base64')}`
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const GITHUB = 'https://token.actions.githubusercontent.com'
describe('the auth of an app', () => {
  test.for([
    ['keys: ', { keys: [] }],
    [`keys: ${PUBLIC_KEY}`, { keys: [PUBLIC_KEY] }],
    [`secrets: [${SECRET}]`, { secrets: [SECRET] }],
    [
      'oidc: { repository_id: 123456789, ref: refs/heads/main }',
      {
        oidc: [
          { issuer: GITHUB, claims: { repository_id: ['123456789'], ref: ['refs/heads/main'] } },
        ],
      },
    ],
    [
      'oidc: { repository: acme/api }',
      { oidc: [{ issuer: GITHUB, claims: { repository: ['acme/api'] } }] },
    ],
    [
      'oidc: { repository: acme/* }',
      { oidc: [{ issuer: GITHUB, claims: { repository: ['acme/*'] } }] },
    ],
    [
      'oidc: [{ repository_id: [1, 2] }, { repository_id: 3 }]',
      {
        oidc: [
          { issuer: GITHUB, claims: { repository_id: ['1', '2'] } },
          { issuer: GITHUB, claims: { repository_id: ['3'] } },
        ],
      },
    ],
    [
      'oidc: { issuer: "https://gitlab.example", project_path: a/b }',
      { oidc: [{ issuer: 'https://gitlab.example', claims: { project_path: ['a/b'] } }] },
    ],
    [
      'oidc: { issuer: "http://127.0.0.1:81", x: y }',
      { oidc: [{ issuer: 'http://127.0.0.1:81', claims: { x: ['y'] } }] },
    ],
  ] as const)('may have %s', ([line, expected]) => {
    expect(app([`auth: { ${line} }`]).auth).toMatchObject(expected)
  })

  const unpinned =
    'neither repository_id nor repository is pinned: every repository on GitHub could deploy; add repository_id (gh api repos/OWNER/NAME --jq .id); sub is no pin, its form varies'
  test.for([
    '{}',
    '{ sub: "repo:acme/api:ref:refs/heads/main" }',
    '{ ref: refs/heads/main }',
    '{ repository_owner_id: 1 }',
    '{ repository: "*" }',
    '{ repository: "**" }',
    '{ repository: "*/*" }',
    '{ repository: "*/api" }',
    '{ repository: "**/api" }',
    '{ repository: "acme*/api" }',
    '{ repository: "a**" }',
    '{ repository: [acme/api, "*/api"] }',
    '{ repository_id: "*" }',
    '{ repository_id: "1*" }',
    '{ repository_id: [1, "2*"] }',
  ])('oidc: %s pins nothing', (rule) => {
    expect(problems(withApp(`auth: { oidc: ${rule} }`))).toEqual([
      `config.yaml:5:19: apps.api.auth.oidc: ${unpinned}`,
    ])
  })

  test('every rule of a list must pin', () => {
    expect(problems(withApp('auth: { oidc: [{ repository_id: 1 }, { ref: a }] }'))).toEqual([
      `config.yaml:5:42: apps.api.auth.oidc[1]: ${unpinned}`,
    ])
  })

  test.for([
    ['oidc: main', '5:19: apps.api.auth.oidc: this must be a mapping (key: value)'],
    [
      'oidc: { repository_id: "" }',
      '5:36: apps.api.auth.oidc.repository_id: an allowed value is empty; a claim needs a value, or a list of them',
    ],
    [
      'oidc: { repository_id: [] }',
      '5:36: apps.api.auth.oidc.repository_id: an allowed value is empty; a claim needs a value, or a list of them',
    ],
    [
      'oidc: { repository_id: 1, ref: [a, ""] }',
      '5:44: apps.api.auth.oidc.ref: an allowed value is empty; a claim needs a value, or a list of them',
    ],
    [
      'oidc: { issuer: "http://gitlab.example", a: b }',
      `5:29: apps.api.auth.oidc.issuer: "http://gitlab.example" is not an issuer; write its https URL, as in the tokens' iss`,
    ],
    [
      'oidc: { issuer: "https://gitlab.example", a: "**" }',
      '5:19: apps.api.auth.oidc: no claim is pinned: everybody whom this issuer knows could deploy; add a claim that names your project',
    ],
    [
      `keys: [${SECRET}]`,
      '5:20: apps.api.auth.keys[0]: this key cannot be used: it does not begin with whpk_',
    ],
    [
      `secrets: [${PUBLIC_KEY}]`,
      '5:23: apps.api.auth.secrets[0]: this key cannot be used: it does not begin with whsec_',
    ],
    [
      'secrets: [whsec_c2hvcnQ=]',
      `5:23: apps.api.auth.secrets[0]: this key cannot be used: whsec_ secret has 5 bytes, at least 24 are needed: printf 'whsec_%s\\n' "$(openssl rand -base64 32)"`,
    ],
    [
      'secrets: [""]',
      '5:23: apps.api.auth.secrets[0]: this key cannot be used: it does not begin with whsec_',
    ],
    [
      'secrets: [~]',
      '5:23: apps.api.auth.secrets[0]: this key is empty; remove it, or give a whsec_… key',
    ],
    [
      'secrets: ["${SECRET}"]',
      '5:23: apps.api.auth.secrets[0]: the variable SECRET is not set; set it, or write ${SECRET:-} if it may be empty',
    ],
    [
      'secrets: ["${SECRET:-}"]',
      '5:23: apps.api.auth.secrets[0]: this key cannot be used: it does not begin with whsec_',
    ],
    ['keys: { a: b }', '5:19: apps.api.auth.keys: this must be a single value'],
  ] as const)('%s is refused', ([line, problem]) => {
    expect(problems(withApp(`auth: { ${line} }`))).toContain(`config.yaml:${problem}`)
  })
})
