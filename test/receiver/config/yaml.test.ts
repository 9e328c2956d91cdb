import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../receiver/config/load.ts'
import { load, problems, withApp, withLines } from './load-text.ts'

describe('the file', () => {
  test('that is not there is said to be so', () => {
    expect(() => loadConfig('/nowhere/config.yaml', {})).toThrow(
      '/nowhere/config.yaml: there is no such file; name the config with --config',
    )
  })

  test('that is a directory cannot be read', () => {
    expect(() => loadConfig('/', {})).toThrow(
      /^\/: it is a directory, not a file; name the file that is meant/,
    )
  })

  test.for([
    ['a: 1\nb: 1\na: 2', '3:1: the key "a" is there already, in line 1; keep one of them'],
    ['url: "a', '1:6: the " that is opened here is not closed; write " where it ends'],
    ["a: ['x, y]\nb: 2", "1:5: the ' that is opened here is not closed; write ' where it ends"],
    ['a: { b: 1\nc: 2', '1:4: the { that is opened here is not closed; write } where it ends'],
    ['a: [1, 2]]', '1:10: there is a ] too many; take it out'],
    ['url: a\n---\nurl: b', '2:1: a second document begins here; a file has one config'],
    ['url:\n\tapps: 1', '2:1: a tab indents "apps"; indent by blanks'],
    ['a:\n  b: 1\n  \tc: 2', '3:3: a tab indents "c"; indent by blanks'],
    ['a:\n  b:\n  - c\n d: 1', '4:2: "d" begins in column 2, and what it stands beside in another'],
    ['a:\n    b:\n  - c', '2:7: the list of "b" begins further left than it; let each - begin in'],
    [
      'a:\n  b: x\n    c: 1',
      '3:5: "c" is indented further than "b", which has a value already; let',
    ],
    ['a: - b', '1:4: the list of "a" begins in the line of its key; write - on a line of its own'],
    ['a: echo b: c', `1:4: the value of "a" has a colon with a blank behind it; put quotes`],
    ['a: @b', `1:4: the value of "a" begins with @, which YAML takes for a sign of its own; put`],
    ['url: !secret a', '1:6: the value of "url" begins with !, which YAML takes for a sign of'],
    ['a: "b" c', '1:8: something stands behind the value of "a", which a quote closed; put'],
    ['a: "\\d"', '1:5: \\d means nothing between double quotes; write \\\\ for a backslash'],
    [
      'a: { b: 1 c: 2 }',
      '1:9: a comma is missing before this, or quotes around a text with a colon',
    ],
    ['a:\n  b\n  c: 1', '2:3: there is no colon behind "b"; write b: …'],
    ['a:b\nc: 1', '1:1: there is no blank behind the colon of "a"; write a: …'],
    ['%TAG\n---\na: 1', '1:1: a line begins with %; take it out, or put it in quotes'],
    ['- a\nb: 1', '2:1: "b" does not go with what stands above it; indent by two blanks a level'],
  ] as const)('that is no YAML is refused with place and remedy: %j', ([text, expected]) => {
    const [first, ...more] = problems(text)
    expect(first?.slice(0, `config.yaml:${expected}`.length)).toBe(`config.yaml:${expected}`)
    expect(more).toEqual([])
  })

  test.for([
    'password: "hunter2\n',
    'password: hunter2: x',
    'password: !hunter2',
    'password: "a" hunter2',
    'password:hunter2\na: 1',
    'password hunter2\na: 1',
    'password: { hunter2',
    'a:\n  password: b\n    hunter2: c: d',
    'password: "a"\n  hunter2\n',
  ])('that is no YAML shows nothing of a value: %j', (text) => {
    const found = problems(text)
    expect(found).not.toEqual([])
    expect(found.join('\n')).not.toMatch(text.includes('hunter2:') ? /never/ : /hunter2/)
  })

  test.for(['', '# nothing', '~'])('that says nothing is refused: %j', (text) => {
    expect(problems(text).map((line) => line.replace(/^.*?: /, ''))).toEqual([
      'url is missing; name the public base URL, like https://deploy.example.com',
      'apps is missing; add apps: with an app, or apps: {} for none',
    ])
  })

  test.for(['[]', 'text'])('that is no mapping is refused: %j', (text) => {
    expect(problems(text)[0]).toMatch(
      /^config\.yaml:1:1: this must be a mapping, not a (?:list|single value); write it as url: …/,
    )
  })

  test('that has many things wrong gets all of them told, by line', () => {
    const text = [
      'listen: nowhere',
      'urll: https://d.example',
      'apps:',
      '  Api:',
      '    image: ghcr.io/acme/api',
      '    port: 99999',
      '  web:',
      '    domains: [example.com, http://example.com]',
      '    watch: soon',
    ].join('\n')
    expect(problems(text)).toEqual([
      'config.yaml:1:1: url is missing; name the public base URL, like https://deploy.example.com',
      'config.yaml:1:9: listen: "nowhere" is not an address; write host:port, like 127.0.0.1:9080',
      'config.yaml:2:1: urll: unknown key "urll"; did you mean "url"?',
      'config.yaml:5:5: apps.Api: "Api" is not the name of an app; a DNS label: a-z, 0-9 and -, at most 63 characters',
      'config.yaml:6:11: apps.Api.port: "99999" is not a whole number from 1 to 65535',
      'config.yaml:8:5: apps.web: image is missing; name the one repository that may run, like ghcr.io/acme/api',
      'config.yaml:8:28: apps.web.domains[1]: "http://example.com" is not a domain; lower case, without scheme, port or path',
      'config.yaml:9:12: apps.web.watch: "soon" is not a duration of at most 24 days; write it like 10s, 1m30s or 500ms',
    ])
  })

  test('is frozen when read, all of it', () => {
    const config = load(withApp('auth: { oidc: { repository_id: "1" } }', 'volumes: [a:/b]'))
    const thawed: string[] = []
    const look = (value: unknown, path: string) => {
      if (typeof value !== 'object' || value === null) return
      if (!Object.isFrozen(value)) thawed.push(path)
      for (const [key, each] of Object.entries(value)) look(each, `${path}.${key}`)
    }
    look(config, 'config')
    expect(thawed).toEqual([])
  })
})

describe('unknown keys', () => {
  test.for([
    [withLines('listn: a:1'), '3:1: listn: unknown key "listn"; did you mean "listen"?'],
    [withLines('dta: /a'), '3:1: dta: unknown key "dta"; did you mean "data"?'],
    [
      withLines('readtokens: []'),
      '3:1: readtokens: unknown key "readtokens"; did you mean "read_tokens"?',
    ],
    [
      withLines('network: { subnte: x }'),
      '3:12: network.subnte: unknown key "subnte"; did you mean "subnet"?',
    ],
    [
      withLines('nginx: { relaod: x }'),
      '3:10: nginx.relaod: unknown key "relaod"; did you mean "reload"?',
    ],
    [
      withLines('registries: { ghcr.io: { username: a, password: b, user: c } }'),
      '3:52: registries.ghcr.io.user: unknown key "user"; known are: username, password, password_file, ecr, azure, gcp, github_app',
    ],
    [withApp('prot: 80'), '5:5: apps.api.prot: unknown key "prot"; did you mean "port"?'],
    [
      withApp('enviroment: {}'),
      '5:5: apps.api.enviroment: unknown key "enviroment"; did you mean "environment"?',
    ],
    [
      withApp('auth: { secret: [] }'),
      '5:13: apps.api.auth.secret: unknown key "secret"; did you mean "secrets"?',
    ],
    [
      withApp('auth: { password: x }'),
      '5:13: apps.api.auth.password: unknown key "password"; known are: oidc, keys, secrets, basic, github',
    ],
    [
      withApp('health: { Path: / }'),
      '5:15: apps.api.health.Path: unknown key "Path"; did you mean "path"?',
    ],
    [
      withApp('healthcheck: { retrys: 1 }'),
      '5:20: apps.api.healthcheck.retrys: unknown key "retrys"; did you mean "retries"?',
    ],
    [
      withApp('env_file: [{ path: a, required: false, requird: 1 }]'),
      '5:44: apps.api.env_file[0].requird: unknown key "requird"; did you mean "required"?',
    ],
  ] as const)('get the nearest known one (%#)', ([text, expected]) => {
    expect(problems(text)).toEqual([`config.yaml:${expected}`])
  })
})
