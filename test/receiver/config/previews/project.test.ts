import { expect, test } from 'vitest'
import { sourceId } from '../../../../receiver/config/compose/source.ts'
import { ConfigError } from '../../../../receiver/config/problems.ts'
import { previewConfig } from '../../../../receiver/config/previews/named.ts'
import { onThisMachine } from '../../../../receiver/core/app.ts'
import { load } from '../load-text.ts'

const FILE = '/srv/shop/compose.yaml'

/** As `docker compose config --format json` prints it. */
const model = (services: Record<string, object>) => ({
  name: 'shop',
  services,
  networks: { default: { name: 'shop_default' }, proxy: { name: 'proxy', external: true } },
  volumes: {
    rows: { name: 'shop_rows' },
    uploads: { name: 'uploads', external: true, driver_opts: { device: '/srv/uploads' } },
  },
  secrets: { key: { file: '/srv/shop/key' } },
})
const on = (...services: string[]) =>
  Object.fromEntries(services.map((each) => [each, { condition: 'service_started' }]))
const volume = (source: string, target: string) => ({ type: 'volume', source, target, volume: {} })
const WEB = {
  image: 'ghcr.io/acme/shop:1',
  command: null,
  depends_on: on('db'),
  networks: { default: null, proxy: { aliases: ['shop'] } },
}
const DB = { image: 'postgres:16', networks: { default: null } }

function read(
  services: Record<string, object>,
  {
    lines = [],
    previews = [],
    env = {},
    given = '',
  }: { lines?: string[]; previews?: string[]; env?: Record<string, string>; given?: string } = {},
) {
  const text = [
    'url: https://d.example',
    'apps:',
    '  shop:',
    `    compose: { file: ${FILE}, service: web }`,
    ...lines.map((line) => `    ${line}`),
    '    previews:',
    '      domain: preview.example.com',
    '      basic_auth: false',
    ...previews.map((line) => `      ${line}`),
  ].join('\n')
  const remarked: string[] = []
  // the file beside the config is wherever that is
  const answers = new Map<string, { json: unknown; warnings: string[] }>()
  const answer = { json: model(services), warnings: [] }
  answers.get = () => answer
  const config = load(
    text,
    env,
    given === '' ? {} : { 'preview.env': given },
    ({ notices }) => remarked.push(...notices.map(({ message }) => message)),
    { projects: answers },
  )
  const { shop } = config.apps
  if (shop?.previews === undefined) throw new Error('it has no previews')
  const made = previewConfig(shop, shop.previews, 'pr-42')
  const { project } = onThisMachine(made)
  if (project === undefined) throw new Error('it has no project')
  return { production: shop, made, project, remarked }
}

function problemsOf(...args: Parameters<typeof read>): string[] {
  try {
    read(...args)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ message, hint }) => `${message}; ${hint}`)
  }
}

test('a preview has a project of its own name, with volumes and one network of its own', () => {
  const { production, made, project } = read({
    web: { ...WEB, volumes: [volume('uploads', '/uploads')], ports: [{ target: 8000 }] },
    worker: { ...WEB, command: ['work'], volumes: [volume('uploads', '/uploads')] },
    migrate: { ...WEB, command: ['migrate'] },
    db: { ...DB, container_name: 'shop-db', volumes: [volume('rows', '/rows')] },
    proxy: {
      image: 'traefik',
      volumes: [{ type: 'bind', source: '/run/docker.sock', target: '/s' }],
    },
  })
  const own = 'shop--pr-42'
  expect(project.name).toBe(own)
  expect(made).toMatchObject({ name: own, isolated: true, port: 8000, replicas: 1 })
  expect(made.container).toMatchObject({
    volumes: [`${own}_uploads:/uploads`],
    networks: [`${own}_default`],
    aliases: { [`${own}_default`]: ['web', 'shop'] },
  })
  expect(project.workers.map(({ name }) => name)).toEqual(['worker', 'migrate'])
  for (const { container } of project.workers) {
    expect(container).toMatchObject({
      networks: [`${own}_default`],
      memoryBytes: 512 * 1024 ** 2,
      nanoCpus: 1e9,
      pidsLimit: 512,
    })
  }
  // nobody waits for the proxy: it is none of the preview's business, whatever it mounts
  expect(project.dependencies.map(({ service }) => service)).toEqual(['db'])
  expect(project.apart?.services).toEqual({
    db: {
      image: 'postgres:16',
      environment: {},
      networks: { default: { aliases: ['shop-db'] } },
      volumes: [volume('rows', '/rows')],
      mem_limit: '512m',
      cpus: 1,
      pids_limit: 512,
      logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    },
  })
  // neither external, nor by another driver, nor by production's name
  expect(project.resources).toEqual({
    networks: { default: {} },
    volumes: { rows: {}, uploads: {} },
  })
  expect(onThisMachine(production).project?.name).toBe('shop')
  expect(JSON.stringify(made)).not.toMatch(/shop_|name-of-preview|"external"|srv\/uploads/)
})

test('its services have what is no secret, and what previews name', () => {
  const { made, project, remarked } = read(
    {
      web: {
        ...WEB,
        environment: {
          LOG_LEVEL: 'info',
          SIZE: 'big',
          API_KEY: '0123456789abcdef-of-production',
          DATABASE_URL: 'postgres://shop:of-production@db/shop',
          QUEUE_URL: 'redis://:pre-view@queue',
          UNSET: null,
        },
        labels: { 'traefik.enable': 'true' },
        cap_add: ['SYS_NICE'],
        extra_hosts: ['production=10.0.0.1'],
      },
      worker: { ...WEB, command: ['work'] },
      db: { ...DB, environment: { POSTGRES_USER: 'shop', POSTGRES_PASSWORD: 'pre-view' } },
    },
    {
      lines: ['environment: { SIZE: small, SECRET_OF_CONFIG: "${OF_CONFIG}" }'],
      previews: [
        'compose: { env_file: preview.env }',
        'environment: { DATABASE_URL: "postgres://shop:pre-view@db/shop" }',
        'release: shop seed',
      ],
      env: { OF_CONFIG: 'of-production' },
      given: 'DB_PASSWORD=pre-view\n',
    },
  )
  expect(made.container.environment).toEqual({
    LOG_LEVEL: 'info',
    SIZE: 'small',
    QUEUE_URL: 'redis://:pre-view@queue',
    DATABASE_URL: 'postgres://shop:pre-view@db/shop',
  })
  expect(made.container).toMatchObject({ labels: {}, capAdd: [], extraHosts: [] })
  expect(project.workers[0]?.container.environment).toEqual({
    DATABASE_URL: 'postgres://shop:pre-view@db/shop',
  })
  expect(project.apart?.services['db']).toMatchObject({
    environment: { POSTGRES_USER: 'shop', POSTGRES_PASSWORD: 'pre-view' },
  })
  expect(made.release?.command).toEqual(['shop', 'seed'])
  expect(JSON.stringify(made)).not.toContain('of-production')
  // it must not be seen in a log either
  expect(made.container.secretVariables).toEqual({ DB_PASSWORD: 'pre-view' })
  expect(remarked).toContainEqual(
    'previews go without, of the service web: cap_add, environment.API_KEY, environment.DATABASE_URL, environment.UNSET, extra_hosts: what they need of it is named under previews (docs/compose.md)',
  )
})

test('limits that the file has stay, and what previews name of volumes and networks comes beside', () => {
  const { made, project } = read(
    {
      web: { ...WEB, deploy: { replicas: 3, resources: { limits: { memory: '1073741824' } } } },
      db: {
        ...DB,
        deploy: { resources: { limits: { cpus: 0.5 } } },
        scale: 2,
        mem_limit: '2147483648',
      },
    },
    { previews: ['volumes: [/cache]', 'networks: [shared-mail]'] },
  )
  expect(made.replicas).toBe(1)
  expect(made.container).toMatchObject({
    memoryBytes: 1024 ** 3,
    anonymousVolumes: ['/cache'],
    networks: ['shop--pr-42_default', 'shared-mail'],
  })
  expect(project.apart?.services['db']).toMatchObject({ mem_limit: '2147483648', cpus: 0.5 })
  expect(project.apart?.services['db']).not.toHaveProperty('scale')
})

test.each<[string, object, RegExp]>([
  [
    'a folder of the host',
    { volumes: [{ type: 'bind', source: '/srv/data', target: '/d' }] },
    /volumes: \/srv\/data, .* production would share it; .*volumes: !override/,
  ],
  [
    "the engine's socket",
    { volumes: [{ type: 'bind', source: '/run/docker.sock', target: '/s' }] },
    /it is a socket of this machine/,
  ],
  ['rights', { privileged: true }, /has privileged, .* privileged: !reset null/],
  ["the host's network", { network_mode: 'host' }, /network_mode: host/],
  ["another one's container", { pid: 'host' }, /pid: host/],
  [
    'a GPU',
    { deploy: { resources: { reservations: { devices: [{ count: 1 }] } } } },
    /has deploy\.resources\.reservations\.devices/,
  ],
  ['devices', { devices: [{ source: '/dev/dri', target: '/dev/dri' }] }, /has devices/],
  ['secrets', { secrets: [{ source: 'key' }] }, /no secrets of production/],
  ['configs', { configs: [{ source: 'key' }] }, /no files of production/],
  [
    'a password in its command',
    { command: ['serve', '--db', 'postgres://a:hunter2@db'] },
    /command, .*a password stands in it/,
  ],
  ['no image', { image: undefined, build: { context: '/srv/shop/db' } }, /db is built here/],
])('a service that needs %s has no previews, and the remedy is said', (_what, keys, says) => {
  // of the app's own services and of others alike
  const services = { web: WEB, db: { ...DB, ...keys } }
  expect(problemsOf(services)).toEqual([expect.stringMatching(says)])
  expect(problemsOf(services)[0]).not.toMatch(/undefined/)
})

test("an app's own service is held to the same", () => {
  const bind = { type: 'bind', source: '/srv/data', target: '/data' }
  expect(problemsOf({ web: { ...WEB, volumes: [bind] }, db: DB })).toEqual([
    expect.stringMatching(/^the service web has volumes: \/srv\/data, and its previews cannot/),
  ])
})

test('at a start what is wrong with the project is in the way of previews alone', () => {
  const bind = { type: 'bind', source: '/srv/data', target: '/data' }
  const answers = new Map<string, { json: unknown; warnings: string[] }>()
  answers.get = () => ({ json: model({ web: WEB, db: { ...DB, volumes: [bind] } }), warnings: [] })
  const text = [
    'url: https://d.example',
    'apps:',
    '  shop:',
    `    compose: { file: ${FILE}, service: web }`,
    '    previews: { domain: preview.example.com, basic_auth: false, max: 3 }',
  ].join('\n')
  const warnings: string[] = []
  const { shop } = load(
    text,
    {},
    {},
    (remarks) => warnings.push(...remarks.warnings.map(({ message }) => message)),
    { projects: answers, tolerant: true },
  ).apps
  expect(shop?.previews).toMatchObject({
    max: 3,
    broken: expect.stringMatching(/^the service db has volumes: \/srv\/data, .*; take it out/),
  })
  expect(warnings).toEqual([
    expect.stringMatching(/^no preview is made or updated: the service db has volumes/),
  ])
  const wrong = text.replace('max: 3', 'max: many')
  expect(() => load(wrong, {}, {}, undefined, { projects: answers, tolerant: true })).toThrow(
    'apps.shop.previews.max',
  )
})

test('other files, profiles and values for previews are asked for by themselves', () => {
  const text = (previews: string) =>
    `url: https://d.example\napps:\n  shop:\n    compose: { file: ${FILE}, service: web }\n    previews: { domain: preview.example.com, basic_auth: false, ${previews} }`
  const ask = (previews: string) => {
    const asked: string[] = []
    const answers = new Map()
    answers.get = (id: string) => {
      asked.push(id)
      return { json: model({ web: WEB, db: DB }), warnings: [] }
    }
    load(text(previews), {}, {}, undefined, { projects: answers })
    return [...new Set(asked)]
  }
  const source = { files: [FILE], profiles: [] }
  expect(ask('ttl: 24h')).toEqual([sourceId(source), sourceId({ ...source, bare: true })])
  const other = '/srv/shop/preview.yaml'
  expect(ask(`compose: { file: [${FILE}, ${other}], profiles: [mail] }`)).toEqual([
    sourceId(source),
    sourceId({ files: [FILE, other], profiles: ['mail'], bare: true }),
  ])
})
