import { describe, expect, test } from 'vitest'
import { load, problems, withLines } from './load-text.ts'

const TOKEN = 'a'.repeat(24)

describe('the receiver', () => {
  test('needs no more than a url and an app', () => {
    const config = load(withLines())
    expect(config).toMatchObject({
      url: 'https://d.example',
      listen: { host: '127.0.0.1', port: 9080 },
      admin: { host: '127.0.0.1', port: 9081 },
      socket: '/run/deploy-receiver/deploy-receiver.sock',
      data: '/var/lib/deploy-receiver',
      network: { name: 'deploy', subnet: '10.213.0.0/20' },
      nginx: {
        directory: '/etc/nginx/conf.d',
        test: 'nginx -t',
        reload: 'nginx -s reload',
        listen: ['80', '[::]:80'],
      },
      registries: {},
      readTokens: [],
    })
  })

  test.for(['apps: {}', 'apps:', 'apps: ~'])('may have no app, or none any more: %s', (line) => {
    expect(Object.keys(load(`url: https://d.example\n${line}`).apps)).toEqual([])
  })

  test.for([
    ['listen: 0.0.0.0:80', { listen: { host: '0.0.0.0', port: 80 } }],
    ['listen: "[::1]:9080"', { listen: { host: '::1', port: 9080 } }],
    ['admin: localhost:1', { admin: { host: 'localhost', port: 1 } }],
    ['socket: /tmp/a.sock', { socket: '/tmp/a.sock' }],
    ['data: /srv/deploy//', { data: '/srv/deploy' }],
    ['network: { name: x }', { network: { name: 'x', subnet: '10.213.0.0/20' } }],
    ['network: { subnet: 172.16.0.0/16 }', { network: { subnet: '172.16.0.0/16' } }],
    ['network: { subnet: 10.0.0.16/28 }', { network: { subnet: '10.0.0.16/28' } }],
    ['nginx: { directory: /a }', { nginx: { directory: '/a' } }],
    ['nginx: { test: a b, reload: c d }', { nginx: { test: 'a b', reload: 'c d' } }],
    ['nginx: { listen: 8080 }', { nginx: { listen: ['8080'] } }],
    ['nginx: { listen: [80 default_server, "[::]:80"] }', { nginx: { listen: { length: 2 } } }],
    [
      'nginx: { site: { trusted_proxies: [10.0.0.0/8] } }',
      { site: { trustedProxies: ['10.0.0.0/8'] } },
    ],
    [`read_tokens: [${TOKEN}]`, { readTokens: [TOKEN] }],
    ['socket:', { socket: '/run/deploy-receiver/deploy-receiver.sock' }],
    ['network: ~', { network: { name: 'deploy' }, accessLog: true }],
    ['access_log: false', { accessLog: false }],
  ] as const)('takes %s', ([line, expected]) => {
    expect(load(withLines(line))).toMatchObject(expected)
  })

  test('has a site of its own, unless that is left to the user', () => {
    expect(load(withLines('site: true'))).toHaveProperty('site', { trustedProxies: [] })
    expect(load(withLines('site: false'))).not.toHaveProperty('site')
  })

  test.for([
    [
      'site: { trusted_proxies: [10.0.0.0/8] }',
      '3:7: site: this says whether the receiver has a site of its own: true or false; what holds for the sites of all apps stands under nginx.site',
    ],
    ['site: mine', '3:7: site: "mine" is not true or false'],
    ['listen: 9080', '3:9: listen: "9080" is not an address; write host:port, like 127.0.0.1:9080'],
    ['listen: a:0', '3:9: listen: "a:0" is not an address; write host:port, like 127.0.0.1:9080'],
    [
      'admin: a:65536',
      '3:8: admin: "a:65536" is not an address; write host:port, like 127.0.0.1:9080',
    ],
    [
      'listen: [a, b]',
      '3:9: listen: this must be a single value, not a list; write one, without [ ] and -',
    ],
    [
      'socket: run/x.sock',
      '3:9: socket: "run/x.sock" is not an absolute path of letters, digits and . _ - /',
    ],
    ['data: /a b', '3:7: data: "/a b" is not an absolute path of letters, digits and . _ - /'],
    ['data: "/a;b"', '3:7: data: "/a;b" is not an absolute path of letters, digits and . _ - /'],
    ['data: /', '3:7: data: "/" is not an absolute path of letters, digits and . _ - /'],
    [
      'network: deploy',
      '3:10: network: this must be a mapping, not a single value; write it as name: …, with a blank behind the colon',
    ],
    ['network: { name: -x }', '3:18: network.name: "-x" is not a Docker network\'s name'],
    [
      'network: { subnet: 10.0.0.1/24 }',
      '3:20: network.subnet: "10.0.0.1/24" is not a subnet; an IPv4 network from /16 to /28, like 10.213.0.0/20',
    ],
    [
      'nginx: { directory: conf.d }',
      '3:21: nginx.directory: "conf.d" is not an absolute path; begin it with /',
    ],
    ['nginx: { test: "" }', '3:16: nginx.test: "" is not a command'],
    ['nginx: { reload: " " }', '3:18: nginx.reload: " " is not a command'],
    [
      'nginx: { listen: [80, "80; include /etc/passwd"] }',
      '3:23: nginx.listen[1]: "80; include /etc/passwd" is not an address for Nginx\'s listen',
    ],
    [
      'registries: { foo: { username: a, password: b } }',
      '3:20: registries.foo: "foo" is not a registry; write its host, like ghcr.io or registry.example.com:5000',
    ],
    [
      'registries: { ghcr.io/acme: { username: a, password: b } }',
      '3:29: registries.ghcr.io/acme: "ghcr.io/acme" is not a registry; write its host, like ghcr.io or registry.example.com:5000',
    ],
    [
      'registries: { ghcr.io: { username: a } }',
      '3:24: registries.ghcr.io: password is missing or empty; docs/registries.md shows each way to sign in',
    ],
    [
      'registries: { ghcr.io: { username: , password: b } }',
      '3:24: registries.ghcr.io: username is missing or empty; docs/registries.md shows each way to sign in',
    ],
    [
      'registries: { ghcr.io: { username: a, password: "" } }',
      '3:24: registries.ghcr.io: password is missing or empty; docs/registries.md shows each way to sign in',
    ],
    [
      'registries: { ghcr.io: { username: a, password: ~ } }',
      '3:24: registries.ghcr.io: password is missing or empty; docs/registries.md shows each way to sign in',
    ],
    [
      'read_tokens: [short]',
      '3:15: read_tokens[0]: this secret has 5 bytes, at least 24 without blanks are needed; openssl rand -hex 24',
    ],
    [
      `read_tokens: [${TOKEN}, "${'a '.repeat(12)}"]`,
      '3:41: read_tokens[1]: this secret has 24 bytes, at least 24 without blanks are needed; openssl rand -hex 24',
    ],
    [
      'read_tokens: [~]',
      '3:15: read_tokens[0]: this secret has 0 bytes, at least 24 without blanks are needed; openssl rand -hex 24',
    ],
  ] as const)('refuses %s', ([line, problem]) => {
    expect(problems(withLines(line))).toEqual([`config.yaml:${problem}`])
  })

  test.for([
    ['trusted_proxies: [localhost]', '"localhost" is not an address or network'],
    ['trusted_proxies: [010.0.0.1]', '"010.0.0.1" is not an address or network'],
    ['trusted_proxies: [10.0.0.0/33]', '"10.0.0.0/33" is not an address or network'],
    ['trusted_proxies: ["fd00::/129"]', '"fd00::/129" is not an address or network'],
    ['rate_limit: { burst: 0 }', '"0" is not a whole number of at least 1'],
    ['rate_limit: { per_second: 0 }', '"0" is not a number of at least 0.01'],
    ['rate_limit: { per_minute: 1 }', 'unknown key "per_minute"'],
    ['log_level: trace', '"trace" is not a level'],
  ] as const)('refuses %s: %s', ([line, problem]) => {
    const found = problems(withLines(line))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(problem)
  })

  test('believes proxies on the machine itself, unless told otherwise', () => {
    expect(load(withLines()).trustedProxies).toEqual(['127.0.0.0/8', '::1'])
    expect(load(withLines('trusted_proxies: []')).trustedProxies).toEqual([])
  })

  test.for([
    '10.0.0.0/15',
    '10.0.0.0/29',
    '10.0.0.256/24',
    '010.0.0.0/24',
    '10.0.0.0/024',
    '10.0/24',
    'fd00::/24',
    '10.0.0.0',
    '',
  ])('refuses the subnet %j', (subnet) => {
    expect(problems(withLines(`network: { subnet: "${subnet}" }`))).toHaveLength(1)
  })

  test('logs in to Docker Hub under any of its names', () => {
    for (const host of ['docker.io', 'index.docker.io', 'registry-1.docker.io']) {
      const { registries } = load(
        withLines(`registries: { ${host}: { username: a, password: b } }`),
      )
      expect(registries).toEqual({
        'docker.io': { kind: 'password', username: 'a', password: 'b' },
      })
    }
  })

  test('logs in to registries with ports', () => {
    const { registries } = load(
      withLines('registries: { "localhost:5000": { username: a, password: 007 } }'),
    )
    expect(registries).toEqual({
      'localhost:5000': { kind: 'password', username: 'a', password: '007' },
    })
  })

  const GUID = '00000000-1111-2222-3333-444444444444'
  test.for([
    [
      '{ username: a, password_file: pw }',
      { kind: 'password_file', username: 'a', file: expect.stringMatching(/^\/.*\/pw$/) },
    ],
    [
      '{ username: a, password_file: /run/credentials/pw }',
      { kind: 'password_file', username: 'a', file: '/run/credentials/pw' },
    ],
    ['{ ecr: true }', { kind: 'ecr', region: '', profile: '' }],
    [
      '{ ecr: { region: eu-west-1, profile: pull } }',
      { kind: 'ecr', region: 'eu-west-1', profile: 'pull' },
    ],
    ['{ gcp: true }', { kind: 'gcp' }],
    ['{ azure: true }', { kind: 'azure', clientId: '', tenantId: '', clientSecret: '' }],
    [
      `{ azure: { client_id: ${GUID}, tenant_id: ${GUID}, client_secret: s } }`,
      { kind: 'azure', clientId: GUID, tenantId: GUID, clientSecret: 's' },
    ],
    [
      '{ github_app: { id: 12, installation: 77, key_file: /etc/app.pem } }',
      { kind: 'github_app', id: '12', installation: '77', keyFile: '/etc/app.pem' },
    ],
  ] as const)('signs in to a registry by %s', ([entry, expected]) => {
    const { registries } = load(withLines(`registries: { ghcr.io: ${entry} }`))
    expect(registries).toEqual({ 'ghcr.io': expected })
  })

  test.for([
    [
      '{ username: a }',
      'password is missing or empty; docs/registries.md shows each way to sign in',
    ],
    ['{ username: a, password: b, ecr: true }', 'password and ecr exclude each other'],
    ['{ ecr: maybe }', 'this is neither true nor a mapping'],
    ['{ ecr: { region: Frankfurt } }', '"Frankfurt" is not a region'],
    ['{ gcp: maybe }', 'gcp is not true'],
    ['{ gcp: { service_account: me } }', 'gcp is not true'],
    ['{ azure: { client_id: me } }', '"me" is not a client id'],
    ['{ azure: { client_secret: s } }', 'client_secret needs client_id and tenant_id'],
    ['{ github_app: { id: 1, installation: 2 } }', 'key_file is missing or empty'],
    ['{ username: a, password_file: "" }', 'password_file is missing or empty'],
  ] as const)('refuses a registry by %s', ([entry, problem]) => {
    expect(problems(withLines(`registries: { ghcr.io: ${entry} }`)).join()).toContain(problem)
  })
})

describe('url', () => {
  const withUrl = (url: string) => `url: ${url}\napps: { api: { image: a/b } }`

  test.for([
    ['https://d.example/', 'https://d.example'],
    ['http://localhost:9080', 'http://localhost:9080'],
    ['https://d.example/base//', 'https://d.example/base'],
  ] as const)('takes %s', ([text, url]) => {
    expect(load(withUrl(text)).url).toBe(url)
  })

  test.for([
    'd.example',
    'ftp://d.example',
    'https://d.example?a=1',
    'https://d.example#x',
    'https:d.example',
    '"https://d.example "',
    'https://',
    '""',
  ])('refuses %s', (text) => {
    expect(problems(withUrl(text))).toEqual([
      `config.yaml:1:6: url: ${JSON.stringify(text.replaceAll('"', ''))} is not a base URL; write it like https://deploy.example.com`,
    ])
  })

  test('refuses one with a password, without showing it', () => {
    expect(problems(withUrl('https://me:hunter2@d.example'))).toEqual([
      'config.yaml:1:6: url: there is a user name or password in it; write it like https://deploy.example.com',
    ])
  })

  test('is needed', () => {
    const missing = 'url is missing; name the public base URL, like https://deploy.example.com'
    expect(problems('apps: { api: { image: a/b } }')).toEqual([`config.yaml:1:1: ${missing}`])
    expect(problems('url:\napps: { api: { image: a/b } }')).toEqual([
      `config.yaml:1:5: url: ${missing}`,
    ])
  })
})
