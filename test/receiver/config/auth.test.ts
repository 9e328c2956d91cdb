import { describe, expect, test } from 'vitest'
import { app, problems, warnings, withApp } from './load-text.ts'

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
    'neither repository_id nor repository is pinned: every repository on GitHub could deploy; add repository_id (gh api repos/OWNER/NAME --jq .id prints it); sub is not a pin: its form varies'
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
    expect(problems(withApp('auth: { oidc: [{ repository_id: 1 }, { ref: "*" }] }'))).toEqual([
      `config.yaml:5:42: apps.api.auth.oidc[1]: ${unpinned}`,
    ])
  })

  test.for([
    ['ref: main', '"main" is not a full ref', 'write refs/heads/main, or refs/tags/main for a tag'],
    ['ref: "v*"', '"v*" is not a full ref', 'write refs/heads/v*, or refs/tags/v* for a tag'],
    ['ref: heads/main', 'is not a full ref', 'begins with refs/: write refs/heads/main'],
    ['ref: tags/v1', 'is not a full ref', 'write refs/tags/v1'],
    ['ref: /refs/heads/main', 'is not a full ref', 'write refs/heads/main'],
    ['ref: refs/head/main', 'is not a full ref', 'write refs/heads/main'],
    ['ref: refs/main', 'is not a full ref', 'write refs/heads/main, or'],
    ['ref: [refs/heads/main, dev]', '"dev" is not a full ref', 'write refs/heads/dev'],
    ['head_ref: refs/heads/main', "is not a branch's name", 'write main'],
    ['ref_type: branches', 'is not branch or tag', 'did you mean branch?'],
    ['event_name: Push', '"Push" is not an event', 'write it like push'],
    ['environment: production, sha: abc1234', 'is not a whole commit', 'git rev-parse HEAD'],
    ['repository_owner: acme/api', "is not an owner's name", 'write the name alone'],
    ['repository_owner_id: acme', 'is not a number', 'gh api users/OWNER --jq .id prints it'],
    ['runner_environment: selfhosted', 'is not github-hosted or', 'did you mean self-hosted?'],
    ['job_workflow_ref: acme/api/.github/workflows/a.yml', 'is not a workflow with', '@refs/heads'],
    ['job_workflow_ref: "acme/api/.github/workflows/*"', 'is not a workflow with', '@refs/heads/'],
    [
      'workflow_ref: acme/api/.github/workflows/a.yml@main',
      'is not a workflow with',
      '@refs/heads',
    ],
  ] as const)('oidc with %s fits no token of GitHub', ([claim, message, hint]) => {
    const found = problems(withApp(`auth: { oidc: { repository_id: 1, ${claim} } }`))
    expect(found).toEqual([expect.stringMatching(/^config\.yaml:5:\d+: apps\.api\.auth\.oidc\./)])
    expect(found[0]).toContain(message)
    expect(found[0]).toContain(`: no token of GitHub has that; `)
    expect(found[0]).toContain(hint)
  })

  test.for([
    ['repository: acme', '"acme" is not OWNER/NAME', 'write it like acme/api'],
    ['repository: https://github.com/acme/web.git', 'is not OWNER/NAME', 'write it like acme/web'],
    ['repository: acme/web/x', 'is not OWNER/NAME', 'write it like acme/api'],
    ['repository_id: acme/api', '"acme/api" is not a number', 'gh api repos/OWNER/NAME --jq .id'],
  ] as const)(
    'oidc with the pin %s is told how that is written, and nothing else',
    ([claim, message, hint]) => {
      const found = problems(withApp(`auth: { oidc: { ${claim} } }`))
      expect(found).toEqual([expect.stringContaining(message)])
      expect(found[0]).toContain(hint)
    },
  )

  test.for([
    'ref: refs/heads/*',
    'ref: "refs/**"',
    'ref: "**/main"',
    'ref: "*"',
    'ref: refs/pull/*/merge',
    'head_ref: main',
    'event_name: [push, workflow_dispatch]',
    'event_name: "pull_request*"',
    'repository_owner: acme',
    'repository: acme/api.js',
    'sha: "0123456789abcdef0123456789abcdef01234567"',
    'ref_protected: true',
    'job_workflow_ref: acme/api/.github/workflows/a.yml@refs/tags/v1',
    'job_workflow_ref: acme/api/.github/workflows/a.yml@0123456789abcdef0123456789abcdef01234567',
    'job_workflow_ref: "acme/api/.github/workflows/*@refs/heads/main"',
    'job_workflow_ref: "acme/api/**"',
    'environment: main',
    'repo_property_team: web',
  ])('oidc may have %s', (claim) => {
    const text = withApp(`auth: { oidc: { repository_id: 1, ${claim} } }`)
    expect([problems(text), warnings(text)]).toEqual([[], []])
  })

  test.for([
    ['branch', 'did you mean ref?'],
    ['repository_ids', 'did you mean repository_id?'],
    ['team', 'docs.github.com/actions/reference/security/oidc lists them'],
  ] as const)(
    'oidc with a claim %s that GitHub is not known to have is warned of',
    ([claim, hint]) => {
      expect(warnings(withApp(`auth: { oidc: { repository_id: 1, ${claim}: x } }`))).toEqual([
        expect.stringMatching(new RegExp(`"${claim}": without it every deployment is refused; `)),
      ])
      expect(warnings(withApp(`auth: { oidc: { repository_id: 1, ${claim}: x } }`))[0]).toContain(
        hint,
      )
    },
  )

  test('what other issuers write is theirs', () => {
    const rule = '{ issuer: "https://gitlab.example", project_id: 1, ref: main, repository: x }'
    const text = withApp(`auth: { oidc: ${rule} }`)
    expect([problems(text), warnings(text)]).toEqual([[], []])
  })

  test.for([
    [
      'oidc: main',
      '5:19: apps.api.auth.oidc: this must be a mapping, not a single value; write it as name: …, with a blank behind the colon',
    ],
    [
      'oidc: { repository_id: "" }',
      '5:36: apps.api.auth.oidc.repository_id: an allowed value is empty; a claim needs a value, or a list of them',
    ],
    [
      'oidc: { repository_id: [] }',
      '5:36: apps.api.auth.oidc.repository_id: an allowed value is empty; a claim needs a value, or a list of them',
    ],
    [
      'oidc: { repository_id: 1, ref: ["*", ""] }',
      '5:44: apps.api.auth.oidc.ref: an allowed value is empty; a claim needs a value, or a list of them',
    ],
    [
      'oidc: { issuer: "http://gitlab.example", a: b }',
      `5:29: apps.api.auth.oidc.issuer: "http://gitlab.example" is not an issuer; write its https URL, as in the tokens' iss`,
    ],
    [
      'oidc: { issuer: "https://gitlab.example", a: "**" }',
      '5:19: apps.api.auth.oidc: no claim says who: everybody whom https://gitlab.example knows could deploy; add a claim that names your project, like project_id or sub; a branch, an environment or an event names nobody',
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
      '5:23: apps.api.auth.secrets[0]: the variable SECRET is not set; set it in the file env beside the config, or write a default: ${SECRET:-…}',
    ],
    [
      'secrets: ["${SECRET:-}"]',
      '5:23: apps.api.auth.secrets[0]: this key cannot be used: it does not begin with whsec_',
    ],
    [
      'keys: { a: b }',
      '5:19: apps.api.auth.keys: this must be a single value, not a mapping; a text with { or ": " in it goes into quotes',
    ],
  ] as const)('%s is refused', ([line, problem]) => {
    expect(problems(withApp(`auth: { ${line} }`))).toContain(`config.yaml:${problem}`)
  })
})

const TOKEN = 't'.repeat(24)

describe('Basic tokens and GitHub secrets', () => {
  test.for([
    [`basic: { token: ${TOKEN} }`, { basic: { tokens: [TOKEN], deploy: false } }],
    [
      `basic: { token: [${TOKEN}, ${'u'.repeat(30)}], deploy: true }`,
      { basic: { tokens: [TOKEN, 'u'.repeat(30)], deploy: true } },
    ],
    [`github: { secret: ${TOKEN} }`, { github: [TOKEN] }],
  ] as const)('may be %s', ([line, expected]) => {
    expect(app([`auth: { ${line} }`]).auth).toMatchObject(expected)
  })

  const short = (size: number) =>
    `this secret has ${size} bytes, at least 24 without blanks are needed; openssl rand -hex 24`
  test.for([
    ['basic: { token: short }', `5:29: apps.api.auth.basic.token: ${short(5)}`],
    ['basic: { token: "" }', `5:29: apps.api.auth.basic.token: ${short(0)}`],
    [
      'basic: { token: ~ }',
      '5:20: apps.api.auth.basic: token is missing; openssl rand -hex 24 makes one',
    ],
    ['basic: {}', '5:20: apps.api.auth.basic: token is missing; openssl rand -hex 24 makes one'],
    ['github: {}', '5:21: apps.api.auth.github: secret is missing; openssl rand -hex 24 makes one'],
    ['github: { secret: short }', `5:31: apps.api.auth.github.secret: ${short(5)}`],
    [
      `basic: { token: ${TOKEN}, deploy: maybe }`,
      '5:63: apps.api.auth.basic.deploy: "maybe" is not true or false',
    ],
  ] as const)('refuses %s', ([line, problem]) => {
    expect(problems(withApp(`auth: { ${line} }`))).toEqual([`config.yaml:${problem}`])
  })
})

describe('one key is bound to one app and one kind', () => {
  const both = (one: string, other: string) =>
    [
      'url: https://d.example',
      'apps:',
      `  api: { image: ghcr.io/acme/api, auth: { ${one} } }`,
      `  web: { image: ghcr.io/acme/web, auth: { ${other} } }`,
    ].join('\n')
  test.for([
    [`keys: [${PUBLIC_KEY}]`, `keys: [${PUBLIC_KEY}]`, 'keys'],
    [`secrets: [${SECRET}]`, `secrets: [${SECRET}]`, 'secrets'],
    [`basic: { token: ${TOKEN} }`, `basic: { token: ${TOKEN} }`, 'basic.token'],
    [`github: { secret: ${TOKEN} }`, `basic: { token: ${TOKEN} }`, 'github.secret'],
    [`secrets: [${SECRET}]`, `github: { secret: "${SECRET}" }`, 'secrets'],
  ] as const)('%s of one app and %s of another are refused', ([one, other, place]) => {
    const found = problems(both(one, other))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^config.yaml:4:\d+: apps.web.auth/)
    expect(found[0]).toContain(`this is the key of apps.api.auth.${place} too`)
  })

  test('a read token is none of them', () => {
    const text = `${both('', `basic: { token: ${TOKEN} }`)}\nread_tokens: [${TOKEN}]`
    expect(problems(text)[0]).toContain(
      'read_tokens[0]: this is the key of apps.web.auth.basic.token too',
    )
  })

  test('the same key twice in one list is harmless', () => {
    expect(problems(both(`keys: [${PUBLIC_KEY}, ${PUBLIC_KEY}]`, ''))).toEqual([])
  })
})

describe('attestation', () => {
  test('may be no more than the repository', () => {
    expect(app(['attestation: { repository_id: 1 }']).attestation).toEqual({
      issuer: GITHUB,
      repositoryId: '1',
    })
  })

  test.for([
    ['{}', 'repository_id is missing'],
    ['{ ref: refs/heads/main }', 'repository_id is missing'],
    ['{ repository_id: acme/api }', "is not a repository's number"],
    ['{ repository_id: "*" }', "is not a repository's number"],
    ['{ repository_id: 1, ref: main }', 'is not a full ref'],
    ['{ repository_id: 1, ref: refs/heads/* }', 'is not a full ref'],
    ['{ repository_id: 1, workflow: deploy.yml }', 'is not a workflow'],
    ['{ repository_id: 1, workflow: .github/workflows/*.yml }', 'is not a workflow'],
    ['{ repository_id: 1, issuer: http://x }', 'is not an https issuer'],
    ['{ repository_id: 1, repo: x }', 'unknown key "repo"'],
  ] as const)('%s is refused', ([text, problem]) => {
    const found = problems(withApp(`attestation: ${text}`))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(problem)
  })
})
