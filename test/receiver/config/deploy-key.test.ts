import { expect, test } from 'vitest'
import { app, notices, problems, withApp } from './load-text.ts'

const gpu = { driver: 'nvidia', deviceIds: [], options: {} }

test.for([
  [
    'deploy: { resources: { limits: { cpus: "0.50", memory: 512M, pids: 100 } } }',
    { nanoCpus: 500_000_000, memoryBytes: 536_870_912, pidsLimit: 100 },
  ],
  [
    'deploy: { resources: { reservations: { memory: 20M } } }',
    { memoryReservationBytes: 20_971_520 },
  ],
  [
    'deploy: { resources: { reservations: { devices: [{ driver: nvidia, count: all, capabilities: [gpu, utility] }] } } }',
    { gpus: [{ ...gpu, count: -1, capabilities: ['gpu', 'utility'] }] },
  ],
  [
    'deploy: { resources: { reservations: { devices: [{ driver: nvidia, count: 1, capabilities: [tpu] }] } } }',
    { gpus: [{ ...gpu, count: 1, capabilities: ['tpu'] }] },
  ],
  [
    'deploy: { restart_policy: { condition: on-failure, max_attempts: 3 } }',
    { restart: { name: 'on-failure', maximumRetries: 3 } },
  ],
  [
    'deploy: { restart_policy: { condition: none } }',
    { restart: { name: 'no', maximumRetries: 0 } },
  ],
  ['deploy: { restart_policy: {} }', { restart: { name: 'always', maximumRetries: 0 } }],
  [
    'deploy: { restart_policy: { condition: any } }',
    { restart: { name: 'always', maximumRetries: 0 } },
  ],
  ['deploy:', { restart: { name: 'unless-stopped', maximumRetries: 0 } }],
] as const)('%s', ([line, expected]) => {
  expect(app([line]).container).toMatchObject(expected)
  expect(notices(withApp(line))).toEqual([])
})

test('restart goes before deploy.restart_policy, as in Compose', () => {
  const lines = ['restart: "no"', 'deploy: { restart_policy: { condition: any } }']
  expect(app(lines).container.restart).toEqual({ name: 'no', maximumRetries: 0 })
})

test.for(['scale: 3', 'deploy: { replicas: 3 }', 'deploy: { mode: replicated, replicas: 3 }'])(
  '%s is the number of replicas',
  (line) => {
    expect(app([line]).replicas).toBe(3)
    expect(app([line, 'replicas: 3']).replicas).toBe(3)
  },
)

test.for([
  ['mem_limit: 1g', 'resources: { limits: { memory: 2g } }', 'resources.limits.memory: mem_limit'],
  ['scale: 2', 'replicas: 3', 'replicas: scale'],
] as const)('%s beside deploy: { %s } is refused', ([line, within, where]) => {
  expect(problems(withApp(line, `deploy: { ${within} }`))).toEqual([
    expect.stringMatching(`apps.api.deploy.${where} says something else; write one of both$`),
  ])
})

test('what is of Swarm alone, or done in another way here, is passed over with a line each', () => {
  const deploy = [
    'mode: global',
    'endpoint_mode: vip',
    'labels: { a: b }',
    'placement: { constraints: [node.role==manager] }',
    'update_config: { order: start-first }',
    'rollback_config: { parallelism: 1 }',
    'restart_policy: { condition: any, delay: 5s, max_attempts: 3, window: 2m }',
    'resources: { reservations: { cpus: "0.5", generic_resources: [] } }',
  ]
  const said = notices(withApp('deploy:', ...deploy.map((line) => `  ${line}`)))
  expect(said.map((line) => line.replace(/^[^ ]+ apps\.api\.deploy\./, ''))).toEqual([
    'mode: passed over: it is of Swarm alone',
    'endpoint_mode: passed over: it is of Swarm alone',
    'labels: passed over: it is of Swarm alone',
    'placement: passed over: it is of Swarm alone',
    'update_config: passed over: one slot is swapped for the other (watch, drain)',
    'rollback_config: passed over: one slot is swapped for the other (watch, drain)',
    ...['delay', 'max_attempts', 'window'].map(
      (key) =>
        `restart_policy.${key}: passed over: Docker pauses longer and longer, and ends after failures alone`,
    ),
    ...['cpus', 'generic_resources'].map(
      (key) => `resources.reservations.${key}: passed over: it is of Swarm alone`,
    ),
  ])
})

test.for([
  [
    'deploy: { restart_policy: { condition: maybe } }',
    'restart_policy.condition: "maybe" is not a condition; one of: none, on-failure, any',
  ],
  [
    'deploy: { resources: { reservations: { devices: [{ driver: nvidia }] } } }',
    'resources.reservations.devices[0]: capabilities of the device are missing; write capabilities: [gpu]',
  ],
  [
    'deploy: { resources: { limits: { memory: 1m } } }',
    "resources.limits.memory: 1048576 bytes is less than Docker's least, 6m",
  ],
  ['deploy: { replica: 2 }', 'replica: unknown key "replica"; did you mean "replicas"?'],
] as const)('%s is refused', ([line, problem]) => {
  expect(
    problems(withApp(line)).map((each) => each.replace(/^[^ ]+ apps\.api\.deploy\./, '')),
  ).toEqual([problem])
})
