import { describe, expect, test } from 'vitest'
import { app, load, problems, withApp } from './load-text.ts'

const TIME = 'write it like 10s, 1m30s or 500ms'

test('an app needs no more than an image', () => {
  expect(app([])).toEqual({
    name: 'api',
    image: { repository: 'ghcr.io/acme/api', tag: 'latest' },
    registries: {},
    domains: [],
    paths: ['/'],
    stripPrefix: false,
    redirectFrom: [],
    site: { trustedProxies: [] },
    auth: { oidc: [], keys: [], secrets: [], basic: { tokens: [], deploy: false }, github: [] },
    engine: 'docker',
    http: true,
    container: {
      environment: {},
      secretEnvironment: [],
      secretVariables: {},
      volumes: [],
      labels: {},
      networks: [],
      restart: { name: 'unless-stopped', maximumRetries: 0 },
      stopGraceMs: 10_000,
      tmpfs: {},
      extraHosts: [],
      dns: [],
      groupAdd: [],
      ulimits: [],
      sysctls: {},
      readOnly: false,
      capAdd: [],
      capDrop: [],
      securityOpt: [],
      privileged: false,
      devices: [],
      gpus: [],
    },
    health: {
      headers: {},
      secretHeaders: [],
      intervalMs: 2000,
      timeoutMs: 5000,
      healthyAfter: 2,
    },
    watchMs: 10_000,
    drainMs: 30_000,
    replicas: 1,
    warmMs: 0,
    pollMs: 0,
    keep: 5,
  })
})

describe('its name', () => {
  const named = (name: string) => `url: https://d.example\napps: { "${name}": { image: a/b } }`

  test.for(['a', '7', 'my-api', 'a'.repeat(63)])('may be %s', (name) => {
    expect(load(named(name)).apps[name]?.name).toBe(name)
  })

  test.for(['', 'A', '-a', 'a-', 'a.b', 'a_b', 'a b', 'ä', '../a', 'a\\n', 'a'.repeat(64)])(
    'may not be "%s"',
    (name) => {
      expect(problems(named(name))).toEqual([
        expect.stringMatching(
          / is not the name of an app; a DNS label: a-z, 0-9 and -, at most 63/,
        ),
      ])
    },
  )
})

describe('its image', () => {
  const withImage = (image: string) => `url: https://d.example\napps: { api: { image: ${image} } }`

  test.for([
    ['nginx', 'docker.io/library/nginx', 'latest'],
    ['ghcr.io/acme/api:stable', 'ghcr.io/acme/api', 'stable'],
    ['"localhost:5000/api"', 'localhost:5000/api', 'latest'],
    ['index.docker.io/acme/api', 'docker.io/acme/api', 'latest'],
  ] as const)('%s is followed', ([text, repository, tag]) => {
    expect(load(withImage(text)).apps['api']?.image).toEqual({ repository, tag })
  })

  const form = 'it looks like registry.example.com/team/app:tag or …/app@sha256:<64 hex digits>'
  test.for([
    [
      'ghcr.io/Acme/api',
      `"ghcr.io/Acme/api" is not an image reference: a repository is in lower case; ${form}`,
    ],
    ['""', `"" is not an image reference: it is empty; ${form}`],
    ['a b', `"a b" is not an image reference: it does not have the form of one; ${form}`],
    ['[a, b]', 'this must be a single value, not a list; write one, without [ ] and -'],
    ['~', 'image is missing; name the one repository that may run, like ghcr.io/acme/api'],
    [
      '${IMAGE}',
      'the variable IMAGE is not set; set it in the file env beside the config, or write a default: ${IMAGE:-…}',
    ],
  ] as const)('%s is refused', ([text, problem]) => {
    const quoted = text.startsWith('$') ? `"${text}"` : text
    expect(problems(withImage(quoted))).toEqual([`config.yaml:2:23: apps.api.image: ${problem}`])
  })

  test('with a digest is refused', () => {
    const text = `ghcr.io/acme/api:1@sha256:${'a'.repeat(64)}`
    expect(problems(withImage(text))).toEqual([
      `config.yaml:2:23: apps.api.image: "${text}" has a digest; write ghcr.io/acme/api:1: deployments say which digest runs`,
    ])
  })

  test('is needed', () => {
    const missing = 'image is missing; name the one repository that may run, like ghcr.io/acme/api'
    expect(problems('url: https://d.example\napps: { api: { port: 1 } }')).toEqual([
      `config.yaml:2:14: apps.api: ${missing}`,
    ])
  })
})

describe('its own keys', () => {
  test.for([
    [
      'domains: [api.example.com, "*.example.com"]',
      { domains: ['api.example.com', '*.example.com'] },
    ],
    ['domains: localhost', { domains: ['localhost'] }],
    ['domains:', { domains: [] }],
    ['port: 8000', { port: 8000 }],
    ['port: "65535"', { port: 65_535 }],
    ['watch: 0s', { watchMs: 0 }],
    ['drain: 1m30s', { drainMs: 90_000 }],
    ['keep: 1', { keep: 1 }],
    ['health: { path: "/a?b=c" }', { health: { path: '/a?b=c' } }],
    ['health: { port: 81 }', { health: { port: 81 } }],
    [
      'health: { headers: { Host: a.example, X-Y: } }',
      { health: { headers: { Host: 'a.example', 'X-Y': '' } } },
    ],
    ['health: { headers: [Host=a=b] }', { health: { headers: { Host: 'a=b' } } }],
    ['health: { interval: 1s, timeout: 2s }', { health: { intervalMs: 1000, timeoutMs: 2000 } }],
    [
      'health: { healthy_after: 3, deadline: 5m }',
      { health: { healthyAfter: 3, deadlineMs: 300_000 } },
    ],
  ] as const)('%s', ([line, expected]) => {
    expect(app([line])).toMatchObject(expected)
  })

  test.for([
    ['port: 0', '5:11: apps.api.port: "0" is not a whole number from 1 to 65535'],
    ['port: 80.5', '5:11: apps.api.port: "80.5" is not a whole number from 1 to 65535'],
    ['port: 8e3', '5:11: apps.api.port: "8e3" is not a whole number from 1 to 65535'],
    ['port: -1', '5:11: apps.api.port: "-1" is not a whole number from 1 to 65535'],
    [
      'port: [80]',
      '5:11: apps.api.port: this must be a single value, not a list; write one, without [ ] and -',
    ],
    ['keep: 0', '5:11: apps.api.keep: "0" is not a whole number of at least 1'],
    ['watch: 10', `5:12: apps.api.watch: "10" is not a duration of at most 24 days; ${TIME}`],
    ['drain: -1s', `5:12: apps.api.drain: "-1s" is not a duration of at most 24 days; ${TIME}`],
    ['drain: 600h', `5:12: apps.api.drain: "600h" is not a duration of at most 24 days; ${TIME}`],
    [
      'domains: [A.example]',
      '5:15: apps.api.domains[0]: "A.example" is not a domain; lower case, without scheme, port or path',
    ],
    [
      'domains: ["a.example;"]',
      '5:15: apps.api.domains[0]: "a.example;" is not a domain; lower case, without scheme, port or path',
    ],
    [
      'domains: [a.example, a.example]',
      '5:26: apps.api.domains[1]: a.example stands here twice; take one of both out',
    ],
    [
      'health: /healthz',
      '5:13: apps.api.health: this must be a mapping, not a single value; write it as path: …, with a blank behind the colon',
    ],
    [
      'health: { path: healthz }',
      '5:21: apps.api.health.path: "healthz" is not a path; it begins with / and has no blanks',
    ],
    [
      'health: { path: "/a b" }',
      '5:21: apps.api.health.path: "/a b" is not a path; it begins with / and has no blanks',
    ],
    [
      'health: { port: x }',
      '5:21: apps.api.health.port: "x" is not a whole number from 1 to 65535',
    ],
    [
      'health: { interval: 0s }',
      `5:25: apps.api.health.interval: "0s" is not a duration from 1ms to 24 days; ${TIME}`,
    ],
    [
      'health: { timeout: 0 }',
      `5:24: apps.api.health.timeout: "0" is not a duration from 1ms to 24 days; ${TIME}`,
    ],
    [
      'health: { deadline: soon }',
      `5:25: apps.api.health.deadline: "soon" is not a duration from 1ms to 24 days; ${TIME}`,
    ],
    [
      'health: { healthy_after: 101 }',
      '5:30: apps.api.health.healthy_after: "101" is not a whole number from 1 to 100',
    ],
    [
      'health: { headers: { "a b": c } }',
      '5:33: apps.api.health.headers.a b: this does not make a header; write { Name: value } or [Name=value]',
    ],
    [
      'health: { headers: { a: "b\\nc" } }',
      '5:29: apps.api.health.headers.a: this does not make a header; write { Name: value } or [Name=value]',
    ],
  ] as const)('%s is refused', ([line, problem]) => {
    expect(problems(withApp(line))).toEqual([`config.yaml:${problem}`])
  })

  test('the name that other containers have for an app is no domain of another one', () => {
    const text = (domain: string) =>
      `url: https://d.example\napps:\n  a: { image: x/y, domains: [${domain}] }\n  b: { image: x/y }`
    expect(problems(text('b.internal'))).toEqual([
      'config.yaml:3:30: apps.a.domains[0]: b.internal is what other containers call b; choose another domain, or another name for that app',
    ])
    for (const fine of ['a.internal', 'c.internal', 'b.corp.internal']) {
      expect(problems(text(fine))).toEqual([])
    }
  })

  test('two apps cannot have one domain', () => {
    const text =
      'url: https://d.example\napps:\n  a: { image: x/y, domains: [d] }\n  b: { image: x/y, domains: [d] }'
    expect(problems(text)).toEqual([
      'config.yaml:4:30: apps.b.domains[0]: d is a domain of a already; take it out of one of both, or give them other `paths`',
    ])
  })

  test('no app has the host of the receiver, which may be one of its wildcard', () => {
    expect(problems(withApp('domains: [a.example, d.example]'))).toEqual([
      'config.yaml:5:26: apps.api.domains[1]: d.example is the host of url (https://d.example), at which the receiver takes hooks; give api another name, like api.d.example, or url another host',
    ])
    expect(problems(withApp('domains: ["*.example", api.d.example]'))).toEqual([])
  })

  test.for([
    'a..b',
    '-a',
    'a_b',
    'a.',
    'http://a',
    'a:80',
    'a/b',
    '*',
    'a.*.b',
    'ä.example',
    `${'a'.repeat(64)}.b`,
    'a.'.repeat(127),
    'a b',
    '$host',
    '~^a',
    '""',
  ])('the domain %s is refused', (domain) => {
    expect(
      problems(withApp(`domains: [${domain === '""' ? domain : JSON.stringify(domain)}]`)),
    ).toHaveLength(1)
  })
})

describe('a worker, a recreated app, a release command', () => {
  test.for([
    ['http: false', { http: false }],
    ['strategy: recreate', { strategy: 'recreate' }],
    [
      'release: npm run "db migrate"',
      { release: { command: ['npm', 'run', 'db migrate'], timeoutMs: 600_000 } },
    ],
    ['release: [a, b c]', { release: { command: ['a', 'b c'], timeoutMs: 600_000 } }],
    ['replicas: 3', { replicas: 3 }],
    ['warm: 10m', { warmMs: 600_000 }],
    ['poll: 60s', { pollMs: 60_000 }],
    ['release: { command: a, timeout: 1h }', { release: { command: ['a'], timeoutMs: 3_600_000 } }],
  ] as const)('%s', ([line, expected]) => {
    expect(app([line])).toMatchObject(expected)
  })

  const HINT = 'it is healthy when its healthcheck says so, else when it runs steadily'
  test.for([
    ['domains: [a.example]', `apps.api.domains: a worker (http: false) gets no requests; ${HINT}`],
    ['port: 80', `apps.api.port: a worker (http: false) gets no requests; ${HINT}`],
    [
      'health: { path: / }',
      `apps.api.health.path: a worker (http: false) gets no requests; ${HINT}`,
    ],
  ] as const)('a worker with %s is refused', ([line, problem]) => {
    expect(problems(withApp('http: false', line))[0]?.replace(/^[^ ]* /, '')).toBe(problem)
  })

  test('a worker may say how long it takes to be healthy', () => {
    expect(app(['http: false', 'health: { deadline: 5m }']).health.deadlineMs).toBe(300_000)
  })

  test.for([
    ['engine: podman', '"podman" is not an engine; one of: docker'],
    ['engine: toString', '"toString" is not an engine'],
    ['strategy: rolling', '"rolling" is not blue-green or recreate'],
    ['replicas: 0', '0'],
    ['poll: 1s', '"1s" is not a duration from 10000ms'],
    ['replicas: 33', '33'],
    ['strategy: recreate\n    warm: 1m', 'an app with strategy: recreate cannot run twice'],
    ['http: false\n    warm: 1m', 'a worker kept warm would go on working'],
    ['release: ""', 'the release command is missing; write release: npm run migrate'],
    ['release: { timeout: 1m }', 'the release command is missing; write release: npm run migrate'],
  ] as const)('%s is refused', ([line, problem]) => {
    expect(problems(withApp(line))[0]).toContain(problem)
  })
})
