import type { AppConfig } from '../../../../receiver/config/config.ts'
import { onThisMachine } from '../../../../receiver/core/app.ts'
import { expect, test } from 'vitest'
import { noProjects } from '../../../../receiver/config/compose/project.ts'
import { sourceId } from '../../../../receiver/config/compose/source.ts'
import { load } from '../load-text.ts'
import { ConfigError } from '../../../../receiver/config/problems.ts'

const FILE = '/srv/shop/compose.yaml'
const ID = sourceId({ files: [FILE], profiles: [] })

type Services = Record<string, object>

/** A project as `docker compose config --format json` prints it. */
const project = (services: Services) => ({
  name: 'shop',
  services,
  networks: { default: { name: 'shop_default' }, back: { name: 'backend', external: true } },
  volumes: { data: { name: 'shop_data' } },
})
const WEB = { image: 'ghcr.io/acme/shop:1', networks: { default: null }, command: null }
const DB = { image: 'postgres:16', networks: { default: null } }
const on = (service: string, condition = 'service_started') => ({
  [service]: { condition, required: true },
})

function read(services: Services, lines: readonly string[] = [], compose = 'service: web') {
  const own = lines.map((line) => `    ${line}\n`).join('')
  const text = `url: https://d.example\napps:\n  shop:\n    compose: { file: ${FILE}, ${compose} }\n${own}`
  const remarked: string[] = []
  const config = load(
    text,
    {},
    {},
    ({ notices, warnings }) =>
      remarked.push(...[...notices, ...warnings].map(({ message }) => message)),
    { projects: new Map([[ID, { json: project(services), warnings: [] }]]) },
  )
  const { shop } = config.apps
  if (shop?.engine !== 'docker') throw new Error('there is no shop')
  return { ...shop, remarked }
}

const projectOf = (app: AppConfig | undefined) => app && onThisMachine(app).project

function problemsOf(...args: Parameters<typeof read>): string[] {
  try {
    read(...args)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ message, hint }) => `${message}; ${hint}`)
  }
}

test("a service's settings are the app's, with Docker's names of networks and volumes", () => {
  const { image, container, port, replicas, remarked } = read({
    web: {
      ...WEB,
      container_name: 'shop-web',
      command: ['serve', '$$HOME'],
      environment: { A: 'x$$y', NOWHERE: null },
      networks: { default: null, back: { aliases: ['front'] } },
      volumes: [{ type: 'volume', source: 'data', target: '/data', volume: {} }],
      ports: [{ mode: 'ingress', target: 8000, published: '80', protocol: 'tcp' }],
      build: { context: '/srv/shop' },
      deploy: { replicas: 2, placement: {}, update_config: { order: 'start-first' } },
      stop_grace_period: '1m30s',
    },
  })
  expect(image).toStrictEqual({ repository: 'ghcr.io/acme/shop', tag: '1' })
  expect(container).toMatchObject({
    command: ['serve', '$HOME'],
    environment: { A: 'x$y' },
    networks: ['shop_default', 'backend'],
    aliases: { shop_default: ['web', 'shop-web'], backend: ['web', 'shop-web', 'front'] },
    volumes: ['shop_data:/data'],
    stopGraceMs: 90_000,
  })
  expect([port, replicas]).toStrictEqual([8000, 2])
  expect(remarked).toStrictEqual([
    'passed over of the service web: build, container_name, deploy.update_config, ports',
  ])
})

test('keys of the config go over those of the service, variables and labels by name', () => {
  const service = {
    ...WEB,
    environment: { A: 'theirs', B: 'theirs', DB_PASSWORD: 'hunter22' },
    labels: { a: 'theirs' },
    command: ['serve'],
    deploy: { replicas: 3, resources: { limits: { memory: '67108864' } } },
  }
  const { container, replicas } = read({ web: service }, [
    'environment: { B: ours }',
    'labels: { b: ours }',
    'command: other',
    'replicas: 1',
    'mem_limit: 128m',
  ])
  expect(container).toMatchObject({
    environment: { A: 'theirs', B: 'ours', DB_PASSWORD: 'hunter22' },
    secretEnvironment: ['DB_PASSWORD'],
    labels: { a: 'theirs', b: 'ours' },
    command: ['other'],
    memoryBytes: 128 * 1024 * 1024,
  })
  expect(replicas).toBe(1)
})

test('services of the repository follow, in the order in which they wait, and all others are dependencies', () => {
  const { project: found } = read({
    beat: { ...WEB, image: 'ghcr.io/acme/shop:beta', depends_on: on('worker') },
    cache: { ...DB, image: 'redis:7' },
    db: { ...DB, depends_on: on('init-db', 'service_completed_successfully') },
    'init-db': DB,
    mail: { ...DB, image: 'mailhog:1' },
    migrate: { ...WEB, depends_on: on('db', 'service_healthy') },
    web: { ...WEB, depends_on: on('migrate', 'service_completed_successfully') },
    worker: { ...WEB, depends_on: { ...on('web'), ...on('cache'), ...on('db') }, scale: 2 },
  })
  expect(found?.oneOffs.map(({ name }) => name)).toStrictEqual(['migrate'])
  expect(found?.workers.map(({ name, replicas }) => [name, replicas])).toStrictEqual([
    ['worker', 2],
    ['beat', 1],
  ])
  expect(found?.dependencies).toStrictEqual([
    { service: 'init-db', condition: 'service_completed_successfully' },
    { service: 'db', condition: 'service_healthy' },
    { service: 'cache', condition: 'service_started' },
  ])
})

test('what is built from the same and has no image follows an app that says its image', () => {
  const build = { context: '/srv/shop', dockerfile: 'Dockerfile' }
  const services = {
    web: { build },
    worker: { build },
    other: { build: { ...build, dockerfile: 'Other' } },
  }
  const { project: found } = read(services, ['image: ghcr.io/acme/shop'])
  expect(found?.workers.map(({ name }) => name)).toStrictEqual(['worker'])
})

test.for<[string, Services, string[], RegExp]>([
  ['a service that is not there', { wob: WEB }, [], /no service "web".*did you mean "wob"/],
  [
    'a service without image',
    { web: { build: {} } },
    [],
    /image is missing.*the service web names none/,
  ],
  [
    'a service of another repository',
    { web: WEB },
    ['image: ghcr.io/acme/other'],
    /web runs ghcr.io\/acme\/shop:1, and the app shop may run ghcr.io\/acme\/other alone/,
  ],
  [
    'a sidecar',
    { web: WEB, vpn: { image: 'vpn:1', network_mode: 'service:web' } },
    [],
    /the service vpn stands in the container of another one \(network_mode: service:web\)/,
  ],
  [
    'a service that has the volumes of another',
    { web: WEB, backup: { ...DB, volumes_from: ['web:ro'] } },
    [],
    /the service backup .*\(volumes_from: web:ro\)/,
  ],
  [
    'a service that stands in another one',
    { web: { ...WEB, network_mode: 'service:vpn', networks: undefined }, vpn: DB },
    [],
    /the service web: network_mode: Nginx tells the slots apart/,
  ],
  [
    'a database that waits for a service of ours',
    {
      web: { ...WEB, depends_on: on('db') },
      db: { ...DB, depends_on: on('migrate', 'service_completed_successfully') },
      migrate: WEB,
    },
    [],
    /wait for db, and that waits for migrate/,
  ],
  [
    'a key of a newer Compose',
    { web: { ...WEB, teleport: true } },
    [],
    /the service web: teleport: this version of the receiver does not know it/,
  ],
])('%s is refused in one message', ([, services, lines, message]) => {
  const problems = problemsOf(services, lines)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(message)
})

test.for([
  ['file: x.yaml', /service of the Compose project is missing/],
  ['service: web', /file of the Compose project is missing/],
] as const)('compose: { %s } lacks something', ([inside, message]) => {
  const text = `url: https://d.example\napps: { shop: { compose: { ${inside} } } }\n`
  expect(() => load(text)).toThrow(message)
})

test('what Compose said in place of a project is a problem of the key', () => {
  const text = `url: https://d.example\napps:\n  shop:\n    compose: { file: ${FILE}, service: web }\n`
  const answer = { message: 'Compose refuses it', hint: 'mend it' }
  expect(() => load(text, {}, {}, undefined, { projects: new Map([[ID, answer]]) })).toThrow(
    'config.yaml:4:14: apps.shop.compose: Compose refuses it; mend it',
  )
})

test('a service is in one app alone, and those that follow are with the first', () => {
  const services = { web: WEB, api: WEB, worker: WEB }
  const config = (...names: string[]) =>
    load(
      [
        'url: https://d.example',
        'apps:',
        ...names.map((name, at) => `  app-${at}: { compose: { file: ${FILE}, service: ${name} } }`),
      ].join('\n'),
      {},
      {},
      undefined,
      { projects: new Map([[ID, { json: project(services), warnings: [] }]]) },
    ).apps
  expect(() => config('web', 'web')).toThrow(
    'the service web of the project shop is the app app-0 already',
  )
  const { 'app-0': web, 'app-1': api } = config('web', 'api')
  expect(projectOf(web)?.workers.map(({ name }) => name)).toStrictEqual(['worker'])
  expect(projectOf(api)?.workers).toStrictEqual([])
  expect(noProjects().taken.size).toBe(0)
})

test('a worker that says nothing of restarts may end by itself, and is restarted when it fails', () => {
  const { container, project: { workers = [] } = {} } = read({
    web: WEB,
    seed: WEB,
    beat: { ...WEB, restart: 'always' },
    queue: { ...WEB, deploy: { restart_policy: { condition: 'none' } } },
  })
  expect(container.restart.name).toBe('unless-stopped')
  expect(workers.map(({ name, container: { restart } }) => [name, restart.name])).toEqual([
    ['seed', 'on-failure'],
    ['beat', 'always'],
    ['queue', 'no'],
  ])
})
