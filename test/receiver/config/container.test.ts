import { describe, expect, test } from 'vitest'
import { app, problems, withApp } from './load-text.ts'

const VOLUME = 'write name:/path, /host/path:/path or ./path:/path, with :ro if wanted'

describe('container settings', () => {
  test.for([
    [
      'environment: { A: 1, B: true, C: 0644, D: "", E: 1.50 }',
      { environment: { A: '1', B: 'true', C: '0644', D: '', E: '1.50' } },
    ],
    ['environment: [A=1, B=x=y, C=]', { environment: { A: '1', B: 'x=y', C: '' } }],
    ['environment: [HOME_OF_RECEIVER, NOWHERE]', { environment: { HOME_OF_RECEIVER: 'here' } }],
    [
      'environment: { HOME_OF_RECEIVER: , NOWHERE: ~ }',
      { environment: { HOME_OF_RECEIVER: 'here' } },
    ],
    ['environment:', { environment: {} }],
    ['labels: { a.b: 1, c: }', { labels: { 'a.b': '1', c: '' } }],
    ['labels: [a.b=1, c]', { labels: { 'a.b': '1', c: '' } }],
    [
      'volumes: [data:/data, /host:/b:ro, "c:/d:rw,z"]',
      { volumes: ['data:/data', '/host:/b:ro', 'c:/d:rw,z'] },
    ],
    ['command: run "a b" c', { command: ['run', 'a b', 'c'] }],
    ['command: [run, a b, 3]', { command: ['run', 'a b', '3'] }],
    ['command: []', { command: [] }],
    ['entrypoint: /bin/sh -c', { entrypoint: ['/bin/sh', '-c'] }],
    ['user: 1000:1000', { user: '1000:1000' }],
    ['user: 1000', { user: '1000' }],
    ['mem_limit: 512m', { memoryBytes: 536_870_912 }],
    ['mem_limit: 6m', { memoryBytes: 6_291_456 }],
    ['cpus: 1.5', { nanoCpus: 1_500_000_000 }],
    ['cpus: "0.01"', { nanoCpus: 10_000_000 }],
    ['cpus: .5', { nanoCpus: 500_000_000 }],
    ['read_only: yes', { readOnly: true }],
    ['privileged: Off', { privileged: false }],
    ['networks: [a, b]', { networks: ['a', 'b'] }],
    ['networks: { a: , b: {} }', { networks: ['a', 'b'] }],
    ['networks: [default, a]', { networks: ['a'] }],
    ['networks: { a: { aliases: [b, c], priority: 1 } }', { aliases: { a: ['b', 'c'] } }],
    ['restart: no', { restart: { name: 'no', maximumRetries: 0 } }],
    ['restart: false', { restart: { name: 'no', maximumRetries: 0 } }],
    ['restart: always', { restart: { name: 'always', maximumRetries: 0 } }],
    ['restart: on-failure', { restart: { name: 'on-failure', maximumRetries: 0 } }],
    ['restart: on-failure:5', { restart: { name: 'on-failure', maximumRetries: 5 } }],
    ['stop_grace_period: 1m30s', { stopGraceMs: 90_000 }],
    [
      'healthcheck: { test: curl -f localhost }',
      { healthcheck: { test: ['CMD-SHELL', 'curl -f localhost'] } },
    ],
    [
      'healthcheck: { test: [CMD, curl, localhost] }',
      { healthcheck: { test: ['CMD', 'curl', 'localhost'] } },
    ],
    ['healthcheck: { test: [NONE] }', { healthcheck: { test: ['NONE'] } }],
    ['healthcheck: { disable: true, test: x }', { healthcheck: { test: ['NONE'] } }],
    [
      'healthcheck: { interval: 1s, timeout: 2s, retries: 3, start_period: 4s, start_interval: 5s }',
      {
        healthcheck: {
          intervalMs: 1000,
          timeoutMs: 2000,
          retries: 3,
          startPeriodMs: 4000,
          startIntervalMs: 5000,
        },
      },
    ],
  ] as const)('%s', ([line, expected]) => {
    expect(app([line], { HOME_OF_RECEIVER: 'here' }).container).toMatchObject(expected)
  })

  test.for([
    [
      'environment: A=1',
      '18: apps.api.environment: this must be a mapping, not a single value; write it as name: …, with a blank behind the colon',
    ],
    [
      'environment: [=x]',
      '19: apps.api.environment[0]: "" is not the name of a variable; write NAME: value, or [NAME=value]',
    ],
    [
      'environment: { "A=B": x }',
      '27: apps.api.environment.A=B: "A=B" is not the name of a variable; write NAME: value, or [NAME=value]',
    ],
    [
      'environment: [{ A: 1 }]',
      '19: apps.api.environment[0]: this must be a single value, not a mapping; a text with { or ": " in it goes into quotes',
    ],
    [
      'environment: { A: [1] }',
      '23: apps.api.environment.A: this must be a single value, not a list; write one, without [ ] and -',
    ],
    [
      'labels: { "": x }',
      '19: apps.api.labels.: a label has no name; write name: value, or [name=value]',
    ],
    [
      'labels: [deploy-receiver.app=x]',
      "14: apps.api.labels[0]: the label deploy-receiver.app is one of the receiver's own; choose another name",
    ],
    ['volumes: [data]', `15: apps.api.volumes[0]: "data" is not a volume; ${VOLUME}`],
    ['volumes: ["data:data"]', `15: apps.api.volumes[0]: "data:data" is not a volume; ${VOLUME}`],
    ['volumes: ["./a"]', `15: apps.api.volumes[0]: "./a" is not a volume; ${VOLUME}`],
    [
      'volumes: ["a:/b:readonly"]',
      `15: apps.api.volumes[0]: "a:/b:readonly" is not a volume; ${VOLUME}`,
    ],
    [
      'volumes: [{ type: bind }]',
      `15: apps.api.volumes[0]: source and target of the volume is missing; ${VOLUME}`,
    ],
    ['command: run "a', '14: apps.api.command: a " is not closed'],
    [
      'entrypoint: { a: b }',
      '17: apps.api.entrypoint: this must be a single value, not a mapping; a text with { or ": " in it goes into quotes',
    ],
    [
      'user: [1]',
      '11: apps.api.user: this must be a single value, not a list; write one, without [ ] and -',
    ],
    ['mem_limit: 5m', "16: apps.api.mem_limit: 5242880 bytes is less than Docker's least, 6m"],
    ['mem_limit: much', '16: apps.api.mem_limit: "much" is not a size; write it like 512m or 1g'],
    ['cpus: 0.001', '11: apps.api.cpus: "0.001" is not a number from 0.01 to 4096'],
    ['cpus: two', '11: apps.api.cpus: "two" is not a number from 0.01 to 4096'],
    [
      'networks: { a: { ipv4_address: 10.0.0.5 } }',
      '36: apps.api.networks.a.ipv4_address: containers of both slots are on it at once, and only one could have that; leave it out: its name finds it there',
    ],
    [
      'networks: { a: { aliases: [b c] } }',
      '32: apps.api.networks.a.aliases[0]: "b c" is not a name on a network',
    ],
    [
      'networks: [db, ../containers/db]',
      '20: apps.api.networks[1]: "../containers/db" is not a Docker network\'s name; letters, digits and . _ -, as `docker network ls` shows them',
    ],
    [
      'networks: { "a b": }',
      '24: apps.api.networks.a b: "a b" is not a Docker network\'s name; letters, digits and . _ -, as `docker network ls` shows them',
    ],
    [
      'restart: sometimes',
      '14: apps.api.restart: "sometimes" is not a restart policy; no, always, unless-stopped, on-failure or on-failure:5',
    ],
    [
      'restart: always:5',
      '14: apps.api.restart: "always:5" is not a restart policy; no, always, unless-stopped, on-failure or on-failure:5',
    ],
    [
      'stop_grace_period: 10',
      '24: apps.api.stop_grace_period: "10" is not a duration of at most 24 days; write it like 10s, 1m30s or 500ms',
    ],
    [
      'healthcheck: curl',
      '18: apps.api.healthcheck: this must be a mapping, not a single value; write it as test: …, with a blank behind the colon',
    ],
    [
      'healthcheck: { test: [curl] }',
      '26: apps.api.healthcheck.test: a test as a list begins with CMD, CMD-SHELL or NONE, not "curl"',
    ],
    [
      'healthcheck: { retries: -1 }',
      '29: apps.api.healthcheck.retries: "-1" is not a whole number of at least 0',
    ],
    [
      'healthcheck: { disable: maybe }',
      '29: apps.api.healthcheck.disable: "maybe" is not true or false',
    ],
    [
      'healthcheck: { interval: x }',
      '30: apps.api.healthcheck.interval: "x" is not a duration of at most 24 days; write it like 10s, 1m30s or 500ms',
    ],
  ] as const)('%s is refused', ([line, problem]) => {
    expect(problems(withApp(line))).toEqual([`config.yaml:5:${problem}`])
  })
})

describe('env_file', () => {
  const files = { 'a.env': 'A=a\nB=a\nC=a', 'b.env': 'B=b\nC=b' }

  test.for([
    ['a.env', { A: 'a', B: 'a', C: 'a' }],
    ['[a.env, b.env]', { A: 'a', B: 'b', C: 'b' }],
    ['[b.env, a.env]', { A: 'a', B: 'a', C: 'a' }],
    ['{ path: a.env }', { A: 'a', B: 'a', C: 'a' }],
    ['[a.env, { path: none.env, required: false }]', { A: 'a', B: 'a', C: 'a' }],
    ['[]', {}],
    ['', {}],
  ] as const)('%s is read beside the config, the last one winning', ([value, environment]) => {
    expect(app([`env_file: ${value}`], {}, files).container.environment).toEqual(environment)
  })

  test('of several lines, with a key in it, and of format: raw', () => {
    const PEM = '-----BEGIN KEY-----\\nabc=\\n-----END KEY-----'.replaceAll('\\n', '\n')
    const found = app(
      ['env_file: [pem.env, { path: raw.env, format: raw }]'],
      {},
      {
        'pem.env': `A=1\nPEM="${PEM}"\nB=2`,
        'raw.env': `C='c'`,
      },
    )
    expect(found.container.environment).toEqual({ A: '1', PEM, B: '2', C: "'c'" })
  })

  test('environment wins over it', () => {
    const lines = ['environment: { C: c, D: d }', 'env_file: [a.env, b.env]']
    expect(app(lines, {}, files).container.environment).toEqual({ A: 'a', B: 'b', C: 'c', D: 'd' })
  })

  test.for([
    [
      'none.env',
      '15: apps.api.env_file: none.env is not there; create it, or write { path: …, required: false }',
    ],
    [
      '[a.env, c.env]',
      '23: apps.api.env_file[1]: c.env:2: it is not KEY=value; a name of letters, digits and _, then = and the value; # begins a comment',
    ],
    [
      '{ required: false }',
      '15: apps.api.env_file: path is missing; write { path: …, required: false }',
    ],
    [
      '{ path: a.env, format: json }',
      '38: apps.api.env_file.format: "json" is not a format; write raw, or leave it out',
    ],
    [
      '[[a.env]]',
      '16: apps.api.env_file[0]: this must be a single value, not a list; write one, without [ ] and -',
    ],
  ] as const)('%s is refused', ([value, problem]) => {
    const found = problems(withApp(`env_file: ${value}`), {}, { ...files, 'c.env': 'A=1\nsecret!' })
    expect(found).toEqual([`config.yaml:5:${problem}`])
  })
})

describe('label_file', () => {
  const files = { 'a.labels': 'a.b=1\nc=2', 'bad.labels': 'deploy-receiver.app=x' }

  test('has labels, over which those beside it go', () => {
    const lines = ['label_file: [a.labels]', 'labels: { c: 3 }']
    expect(app(lines, {}, files).container.labels).toEqual({ 'a.b': '1', c: '3' })
  })

  test('has none of the receiver’s own', () => {
    expect(problems(withApp('label_file: bad.labels'), {}, files)).toEqual([
      "config.yaml:5:17: apps.api.label_file: the label deploy-receiver.app is one of the receiver's own; choose another name",
    ])
  })
})
