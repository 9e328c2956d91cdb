import { expect, test } from 'vitest'
import type { SwarmApp } from '../../../receiver/core/app.ts'
import { app, notices, problems, withApp } from './load-text.ts'

const swarmApp = (...lines: string[]): SwarmApp => {
  const read = app(['engine: swarm', ...lines]) as unknown as SwarmApp
  expect(read.engine).toBe('swarm')
  return read
}

test('a service that the receiver makes has the settings of the app', () => {
  const { http, container, replicas, swarm } = swarmApp(
    'port: 8000',
    'replicas: 3',
    'environment: { LOG_LEVEL: info }',
    'networks: [front]',
    'swarm: { publish: { port: 8080, mode: host, nodes: [10.0.0.4, "fd00::5"] }, networks: [back, front], placement: { constraints: [node.role==worker], spread: [node.labels.zone], max_replicas_per_node: 1 }, secrets: [key, { source: cert, target: /etc/cert, mode: "0440" }], configs: [site], parallelism: 2 }',
  )
  expect([http, replicas, container.networks]).toEqual([true, 3, ['front', 'back']])
  expect(container.environment).toEqual({ LOG_LEVEL: 'info' })
  expect(swarm).toEqual({
    publish: { port: 8080, target: 8000, mode: 'host', nodes: ['10.0.0.4', 'fd00::5'] },
    placement: {
      constraints: ['node.role==worker'],
      spread: ['node.labels.zone'],
      maxPerNode: 1,
    },
    secrets: [
      { source: 'key', target: 'key', uid: '0', gid: '0', mode: 0o444 },
      { source: 'cert', target: '/etc/cert', uid: '0', gid: '0', mode: 0o440 },
    ],
    configs: [{ source: 'site', target: '/site', uid: '0', gid: '0', mode: 0o444 }],
    parallelism: 2,
  })
})

test('a published port alone is at each node, by the routing mesh', () => {
  const { swarm, http } = swarmApp('swarm: { publish: 8080 }')
  expect([http, swarm.publish]).toEqual([
    true,
    { port: 8080, mode: 'ingress', nodes: ['127.0.0.1'] },
  ])
})

test('a service without a published port is a worker', () => {
  expect(swarmApp('swarm: { service: shop_queue }').http).toBe(false)
})

test.for<[string, RegExp]>([
  ['engine: nomad', /"nomad" is not an engine; one of: docker, swarm/],
  ['swarm: { publish: 8080 }', /swarm is not for engine: docker; it is for swarm/],
  ['engine: swarm\n    warm: 5m', /warm is not for engine: swarm; it is for docker/],
  ['engine: swarm\n    gpus: all', /gpus is not for engine: swarm/],
  ['engine: swarm\n    secrets: [x]', /write swarm: \{ secrets: \[name\] \}/],
  ['engine: swarm\n    deploy: { replicas: 2 }', /write replicas, cpus, mem_limit and swarm/],
  ['engine: swarm\n    domains: [a.example.com]', /its published port, and none is named/],
  ['engine: swarm\n    http: true', /http: true, and no port is published/],
  ['engine: swarm\n    swarm: { publish: { mode: host } }', /port is missing/],
  [
    'engine: swarm\n    swarm: { publish: { port: 1, nodes: [node-1, "fe80::1%eth0", "127.1"] } }',
    /"node-1" is not an address[^]*"fe80::1%eth0" is not[^]*"127.1" is not/,
  ],
  ['engine: swarm\n    health: { port: 81 }', /is asked at its published port/],
  [
    'engine: swarm\n    swarm: { publish: { port: 80, mode: host }, order: start-first }',
    /cannot have the same port of a node at once/,
  ],
  [
    'engine: swarm\n    replicas: 2\n    swarm: { service: shop_api }',
    /of shop_api it changes the image alone; docker service update changes shop_api/,
  ],
  ['engine: swarm\n    swarm: { service: "a b" }', /"a b" is not a service/],
  ['engine: swarm\n    swarm: { services: x }', /unknown key "services"; did you mean "service"\?/],
])('%s is refused', ([line, said]) => {
  expect(problems(withApp(line)).join('\n')).toMatch(said)
})

test('a folder of the machine is told to be one of each node', () => {
  const lines = ['engine: swarm', 'volumes: [/srv/none:/data, named:/cache]']
  expect(notices(withApp(...lines))).toEqual([
    expect.stringContaining('/srv/none: each node that may run it has to have that'),
  ])
  expect(notices(withApp('engine: swarm', 'volumes: [named:/cache]'))).toEqual([])
})

test('a Compose project is deployed by docker stack deploy', () => {
  const text = withApp('engine: swarm', 'compose: { file: compose.yaml, service: web }')
  expect(problems(text)).toEqual([
    expect.stringContaining('a Compose project is not for engine: swarm; deploy the stack by'),
  ])
})

const two = (one: string, other: string) =>
  problems(`${withApp('engine: swarm', one)}
  shop:
    image: ghcr.io/acme/shop
    auth: { oidc: { repository_id: '1', ref: refs/heads/main } }
    engine: swarm
    ${other}
`).join('\n')

test.for<[string, string, RegExp]>([
  ['swarm: { service: x }', 'swarm: { service: x }', /the service x is that of api already/],
  ['replicas: 2', 'swarm: { service: deploy-api }', /the service deploy-api is that of api/],
  ['swarm: { publish: 8080 }', 'swarm: { publish: 8080 }', /8080 is published by api already/],
  [
    'swarm: { publish: 8080 }',
    'swarm: { publish: { port: 8080, mode: host, nodes: [10.0.0.4] } }',
    /8080 is published by api already/,
  ],
])('two apps with %s and %s are refused', ([one, other, said]) => {
  expect(two(one, other)).toMatch(said)
})

test('two apps may have a port each at nodes of their own', () => {
  const at = (node: string) => `swarm: { publish: { port: 80, mode: host, nodes: [${node}] } }`
  expect(two(at('10.0.0.4'), at('10.0.0.5'))).toBe('')
})

test('a service whose name a swarm would refuse is refused', () => {
  const name = 'a'.repeat(57)
  const text = withApp('engine: swarm').replace('  api:', `  ${name}:`)
  expect(problems(text).join()).toContain(`would be called deploy-${name}, and a swarm takes`)
})
