import { describe, expect, test } from 'vitest'
import { previewConfig } from '../../../../receiver/config/previews/named.ts'
import { load, problems } from '../load-text.ts'

const HEAD = ['url: https://deploy.example.com', 'apps:', '  api:', '    image: ghcr.io/acme/api']
const OPEN = '{ domain: preview.example.com, basic_auth: false }'
const text = (...lines: string[]) => [...HEAD, ...lines.map((line) => `    ${line}`)].join('\n')

function preview(lines: string[], env: Record<string, string> = {}) {
  const { api } = load(text(...lines), env).apps
  if (api?.previews === undefined) throw new Error('it has no previews')
  return { ...api.previews, made: previewConfig(api, api.previews, 'pr-42') }
}
const problem = (lines: string[], env?: Record<string, string>) =>
  problems(text(...lines), env).map((line) => line.replace(/^config\.yaml:/, ''))

describe('a preview', () => {
  test('is an app with a name and a domain of its own, for nobody, and on a bridge apart', () => {
    const { made, max, ttlMs } = preview([
      'domains: [api.example.com]',
      'auth: { basic: { token: 0123456789abcdefghijklmnopq } }',
      'poll: 1m',
      `previews: ${OPEN}`,
    ])
    expect([max, ttlMs]).toEqual([10, 7 * 24 * 60 * 60 * 1000])
    expect(made).toMatchObject({
      name: 'api--pr-42',
      domains: ['api--pr-42.preview.example.com'],
      image: { repository: 'ghcr.io/acme/api' },
      isolated: true,
      pollMs: 0,
      site: { headers: { 'X-Robots-Tag': 'noindex' } },
      auth: { oidc: [], keys: [], secrets: [], basic: { tokens: [] }, github: [] },
    })
    expect(made.site.basicAuth).toBeUndefined()
    expect(made.tls).toBeUndefined()
  })

  test('has the command, plain variables, health and limits of its app, and nothing secret or by right', () => {
    const { made } = preview(
      [
        'command: [serve, --port, "8000"]',
        'user: "1000"',
        'health: { path: /healthz, deadline: 2m }',
        'environment:',
        '  LOG_LEVEL: info',
        '  MODE: ${MODE:-plain}',
        '  FROM_HERE:',
        '  API_URL: ${API_URL}',
        '  DB_PASSWORD: hunter2hunter2',
        '  DATABASE_URL: postgres://api:s3cret-of-production@db/api',
        'volumes: [api-data:/data, /srv/files:/files]',
        'networks: [backend]',
        'privileged: true',
        'cap_add: [NET_ADMIN]',
        'cap_drop: [CHOWN]',
        'devices: [/dev/dri]',
        'labels: { key: value }',
        'extra_hosts: ["db:10.0.0.1"]',
        'mem_limit: 1g',
        'release: npm run migrate',
        'replicas: 3',
        'warm: 1m',
        `previews: ${OPEN}`,
      ],
      { API_URL: 'http://internal', FROM_HERE: 'something' },
    )
    const { container } = made
    expect(container.command).toEqual(['serve', '--port', '8000'])
    expect({ ...container.environment }).toEqual({ LOG_LEVEL: 'info', MODE: 'plain' })
    expect(container).toMatchObject({
      user: '1000',
      secretEnvironment: [],
      volumes: [],
      networks: [],
      privileged: false,
      capAdd: [],
      capDrop: ['CHOWN'],
      devices: [],
      labels: {},
      extraHosts: [],
      memoryBytes: 1024 ** 3,
      nanoCpus: 1e9,
      pidsLimit: 512,
    })
    expect(made.health).toMatchObject({ path: '/healthz', deadlineMs: 120_000 })
    expect(made).toMatchObject({ replicas: 1, warmMs: 0, keep: 1 })
    expect(made.release).toBeUndefined()
  })

  test('has what previews names, in place of what its app says', () => {
    const { made } = preview(
      [
        'command: serve',
        'environment: { LOG_LEVEL: info, SIZE: big }',
        'previews:',
        '  domain: preview.example.com',
        '  basic_auth: false',
        '  command: [serve, --seed, "${SEED}"]',
        '  environment: { SIZE: small, DB_URL: "${PREVIEW_DB}" }',
        '  volumes: [/data]',
        '  networks: [preview-db]',
        '  mem_limit: 64m',
        '  release: npm run seed',
        '  health: { path: /ready }',
      ],
      { SEED: 'four', PREVIEW_DB: 'postgres://preview:password1234@db/preview' },
    )
    expect(made.container).toMatchObject({
      command: ['serve', '--seed', 'four'],
      environment: {
        LOG_LEVEL: 'info',
        SIZE: 'small',
        DB_URL: 'postgres://preview:password1234@db/preview',
      },
      secretEnvironment: ['DB_URL'],
      anonymousVolumes: ['/data'],
      networks: ['preview-db'],
      memoryBytes: 64 * 1024 ** 2,
    })
    expect(made.release?.command).toEqual(['npm', 'run', 'seed'])
    expect(made.health.path).toBe('/ready')
  })

  test('has the limits of a deploy key, and the site of its app but for what only that is to have', () => {
    const { made } = preview([
      'deploy: { resources: { limits: { memory: 256m, cpus: "0.5" } } }',
      'site: { max_body: 1m, headers: { X-Key: secret }, basic_auth: /etc/own.htpasswd }',
      'previews: { domain: preview.example.com, basic_auth: /etc/previews.htpasswd }',
    ])
    expect(made.container).toMatchObject({ memoryBytes: 256 * 1024 ** 2, nanoCpus: 5e8 })
    expect(made.site).toMatchObject({ maxBody: '1m', basicAuth: '/etc/previews.htpasswd' })
    expect(made.site.headers).toEqual({ 'X-Robots-Tag': 'noindex' })
  })

  test('has a certificate of all names below its domain', () => {
    const { made } = preview([
      'previews: { domain: p.example.com, basic_auth: false, tls: { certificate: /c.pem, key: /k.pem } }',
    ])
    expect(made.tls).toEqual({ kind: 'files', certificate: '/c.pem', key: '/k.pem' })
  })
})

test.for([
  ['previews: { basic_auth: false }', 'domain is missing'],
  ['previews: { domain: preview.example.com }', 'basic_auth is missing: whoever finds a preview'],
  [
    'previews: { domain: "*.example.com", basic_auth: false }',
    'is many names already; write example.com',
  ],
  ['previews: { domain: p.example.com, basic_auth: false, domian: x }', 'did you mean "domain"?'],
  ['previews: { domain: p.example.com, basic_auth: false, replicas: 2 }', 'unknown key "replicas"'],
  ['previews: { domain: p.example.com, basic_auth: false, max: 0 }', '"0" is not a whole number'],
  [
    'previews: { domain: p.example.com, basic_auth: false, volumes: [data:/data] }',
    'write /data alone',
  ],
  [
    'previews: { domain: p.example.com, basic_auth: false, auth: { basic: { token: x } } }',
    'unknown key "basic"',
  ],
  [
    'previews: { domain: p.example.com, basic_auth: false, auth: { oidc: { issuer: https://gitlab.com, project_id: "7" } } }',
    'tokens of https://gitlab.com may have another; sign these hooks with a key',
  ],
  [
    'previews: { domain: p.example.com, basic_auth: false, auth: { oidc: { ref: refs/heads/main } } }',
    'neither repository_id nor repository is pinned',
  ],
] as const)('%s: %s', ([line, said]) => {
  expect(problem([line]).join('\n')).toContain(said)
  expect(problem([line])[0]).toMatch(/^5:\d+: apps\.api\.previews/)
})

describe('what gives something of production away is refused', () => {
  test('a variable of this machine in what a preview would have of its app', () => {
    expect(problem(['command: serve --db ${DB}', `previews: ${OPEN}`], { DB: 'x' })).toEqual([
      '5:14: apps.api.command: ${DB} stands in it, and previews get no variable of this machine by themselves; write previews.command, with what previews may know',
    ])
    const said = 'previews: { domain: p.example.com, basic_auth: false, command: serve }'
    expect(problem(['command: serve --db ${DB}', said], { DB: 'x' })).toEqual([])
  })

  test('a secret header of its health check', () => {
    const health = 'health: { headers: { Authorization: Bearer 0123456789abcdef } }'
    expect(problem([health, `previews: ${OPEN}`]).join()).toContain(
      'a secret of the app stands in it (Authorization), which previews do not get',
    )
  })

  test('a key that the app has, too', () => {
    const key = 'whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY='
    const lines = [
      `auth: { secrets: [${key}] }`,
      `previews: { domain: p.example.com, basic_auth: false, auth: { secrets: [${key}] } }`,
    ]
    expect(problem(lines).join()).toContain('this is the key of apps.api.previews.auth.secrets too')
  })
})

describe('an app that has no previews yet says so', () => {
  test.for([
    ['engine: swarm', 'engine: swarm has no previews yet'],
    ['http: false', 'a worker (http: false) has no previews'],
  ])('%s', ([line = '', said = '']) => {
    expect(problem([line, `previews: ${OPEN}`]).join()).toContain(said)
  })
})

describe('certificates', () => {
  const CA = 'tls: { email: ops@example.com }'
  /** What a preview of the app has. */
  const tlsOf = (given: string | undefined, { ca = CA, lines = [] as string[] } = {}) => {
    const own = given === undefined ? OPEN : OPEN.replace('false }', `false, tls: ${given} }`)
    return load([ca, text(...lines, `previews: ${own}`)].join('\n')).apps['api']?.previews?.app.tls
  }
  const refused = (given: string, { ca = CA } = {}) =>
    problems(
      [ca, text(`previews: ${OPEN.replace('false }', `false, tls: ${given} }`)}`)].join('\n'),
    ).join()

  test('each has one of its own where there is a CA to ask, unless the app is to have none', () => {
    expect(tlsOf(undefined)).toEqual({ kind: 'acme' })
    expect(tlsOf('true')).toEqual({ kind: 'acme' })
    expect(tlsOf('false')).toBeUndefined()
    expect(tlsOf(undefined, { lines: ['tls: false'] })).toBeUndefined()
    expect(tlsOf('true', { lines: ['tls: false'] })).toEqual({ kind: 'acme' })
    expect(tlsOf(undefined, { ca: '' })).toBeUndefined()
  })

  test('all have one together, with proof by DNS', () => {
    const wildcard = { kind: 'wildcard', domain: 'preview.example.com', plugin: 'cloudflare' }
    expect(tlsOf('{ dns: cloudflare, credentials: /root/cf.ini }')).toEqual({
      ...wildcard,
      credentials: '/root/cf.ini',
    })
    expect(tlsOf('{ dns: cloudflare }')).toEqual(wildcard)
  })

  test.for([
    ['{ dns: dns-cloudflare }', '"dns-cloudflare" is not the name of a DNS plugin of Certbot'],
    ['{ dns: cloudflare, credentials: cf.ini }', 'is not an absolute path'],
    ['{ dns: cloudflare, certificate: /c.pem }', 'certificate'],
  ])('%s is refused', ([given = '', said = '']) => {
    expect(refused(given)).toContain(said)
  })

  test('nobody is asked where there is no CA to ask', () => {
    expect(refused('true', { ca: '' })).toContain('there is no CA to ask')
    expect(refused('{ dns: cloudflare }', { ca: '' })).toContain('there is no CA to ask')
  })

  test('one domain has one certificate for all names below it', () => {
    const of = (plugin: string) => OPEN.replace('false }', `false, tls: { dns: ${plugin} } }`)
    const both = (one: string, other: string) =>
      [
        CA,
        text(`previews: ${of(one)}`),
        `  two: { image: ghcr.io/acme/two, previews: ${of(other)} }`,
      ].join('\n')
    expect(problems(both('ovh', 'ovh'))).toEqual([])
    expect(problems(both('ovh', 'gandi')).join()).toContain(
      'the certificate of *.preview.example.com is had in another way by the previews of api',
    )
  })
})

describe('nothing is called as a preview may be', () => {
  test('no other app', () => {
    const lines = [text(`previews: ${OPEN}`), '  api--two: { image: ghcr.io/acme/two }'].join('\n')
    expect(problems(lines)).toEqual([
      'config.yaml:6:13: apps.api--two: api--two may be the name of a preview of api; call it by another one, without api-- at its beginning',
    ])
  })

  test('no domain of another one', () => {
    const two = '  two: { image: ghcr.io/acme/two, domains: [api--x.preview.example.com] }'
    const lines = [text(`previews: ${OPEN}`), two].join('\n')
    expect(problems(lines).join()).toContain(
      'api--x.preview.example.com may be the name of a preview of api',
    )
  })

  test('two apps have theirs at one domain', () => {
    const two = `  two: { image: ghcr.io/acme/two, previews: ${OPEN} }`
    expect(problems([text(`previews: ${OPEN}`), two].join('\n'))).toEqual([])
  })

  test('the name of the app leaves room for that of a preview', () => {
    const name = 'a'.repeat(52)
    expect(problems(text(`previews: ${OPEN}`).replace('  api:', `  ${name}:`)).join()).toContain(
      'call it by at most 51',
    )
  })
})

describe('room for previews', () => {
  const said = (network: string, max: number) => {
    const warnings: string[] = []
    const config = [
      'url: https://deploy.example.com',
      `network: ${network}`,
      'apps:',
      ...['api', 'web'].flatMap((name) => [
        `  ${name}:`,
        '    image: ghcr.io/acme/api',
        `    previews: { domain: preview.example.com, basic_auth: false, max: ${max} }`,
      ]),
    ].join('\n')
    load(config, {}, {}, (remarks) =>
      warnings.push(...remarks.warnings.map(({ message, hint = '' }) => `${message}; ${hint}`)),
    )
    return warnings.filter((each) => each.includes('previews'))
  }

  test('that is less than what max lets stand is warned of, with the numbers', () => {
    expect(said('{ subnet: 10.214.0.0/24 }', 16)).toEqual([])
    expect(said('{ subnet: 10.214.0.0/24 }', 17)).toEqual([
      'previews.max lets 34 previews stand (api 17, web 17), and their network, a /24, has room for 32: further ones are refused; write network: { previews: … } with a network of /23, or smaller numbers',
    ])
    expect(said('{ subnet: 10.214.0.0/24, previews: 10.215.0.0/23 }', 17)).toEqual([])
    expect(said('{ subnet: 10.214.0.0/16 }', 1000)).toEqual([])
  })

  test('is not where the slots are', () => {
    const config = 'url: https://deploy.example.com\napps: {}\nnetwork: '
    expect(problems(`${config}{ subnet: 10.214.0.0/20, previews: 10.214.8.0/24 }`)).toEqual([
      'config.yaml:3:45: network.previews: 10.214.8.0/24 and network.subnet, 10.214.0.0/20, have addresses in common; give previews a network beside it',
    ])
    expect(problems(`${config}{ previews: 10.213.16.0/24 }`)).toEqual([])
  })
})
