import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import type { Telling } from '../../../../receiver/edges/nginx/ask/who-tells.ts'
import type { SiteFiles } from '../../../../receiver/edges/nginx/sites.ts'
import type { AppConfig, Config } from '../../../../receiver/config/config.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { type ReceiverParts, runDoctor } from '../../../../receiver/serve/doctor/doctor.ts'
import type { AskedDocker } from '../../../../receiver/serve/doctor/look-at-docker.ts'
import { APP } from '../../../support/fake-world.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED /run/docker.sock'), {
  code: 'ECONNREFUSED',
})
const rejects = (error: Error) => async () => {
  throw error
}
const image = { repository: 'registry.example/acme/api', tag: 'latest' }
const apps = [
  { ...APP, image, name: 'api' },
  { ...APP, image, name: 'job', http: false },
] as unknown as AppConfig[]

const OWN_FILE = '/etc/nginx/conf.d/deploy-receiver.url.deploy.test.conf'
const receiver = {
  ensure: async () => ({ changed: false, warnings: [] }),
  ask: async () => ({}),
  look: async () => ({ url: 'https://deploy.test' }),
  notice: async () => undefined,
  page: async (): ReturnType<SiteFiles['receiver']['page']> => undefined,
  unknownNames: async () => '*:80: no answer (444)',
}

const config = {
  file: '/etc/deploy-receiver/config.yaml',
  // nobody is asked there
  url: 'http://127.0.0.1:1',
  listen: { host: '127.0.0.1', port: 9080 },
  admin: { host: '127.0.0.1', port: 9081 },
  socket: '/nowhere/receiver.sock',
  data: tmpdir(),
  network: { name: 'deploy', subnet: '10.213.0.0/20' },
  nginx: { directory: '/nowhere', listen: ['1'], listenTls: [] },
  accessLog: true,
  apps: Object.fromEntries(apps.map((app) => [app.name, app])),
} as unknown as Config

const docker: AskedDocker = {
  version: async () => ({ Version: '29', ApiVersion: '1.52', Os: 'linux', Arch: 'amd64' }) as never,
  info: async () => ({ DockerRootDir: '/nowhere', LiveRestoreEnabled: true }),
  getNetwork: () => ({ inspect: rejects(Object.assign(new Error(), { statusCode: 404 })) }),
}

const WELL: ReceiverParts = {
  config,
  docker,
  engine: { containers: async () => [] },
  sites: {
    check: async () => ({ state: 'it runs', warnings: [] }),
    look: async () => ({ url: 'https://api.test' }),
    receiver,
  },
  journal: {
    live: () => undefined,
    find: () => undefined,
    next: () => undefined,
    settings: () => undefined,
    recent: () => [],
    events: () => [],
  },
  prove: (question) => question,
  edits: () => [],
  maintenanceSince: () => undefined,
  drainedSince: () => undefined,
  wayIn: async () => [],
  stoppedSince: () => undefined,
  projects: {
    compose: { containers: async () => [], isOverridden: () => true },
    read: async () => ({ version: '2.40.3' }),
    services: async () => [],
  },
  swarm: { nodes: async () => [], status: rejects(new Error('no swarm')) },
  kubernetes: { status: rejects(new Error('no cluster')), missingRights: async () => [] },
  certificates: async () => [],
  compareConfig: async () => [],
  notify: () => [],
  traffic: {
    whyDeaf: () => undefined,
    whoTells: async () => ({ file: OWN_FILE, places: [{ app: 'api', isTold: true }] }),
  },
  read: rejects(new DeployError('registry_unreachable', 'no answer', { hint: 'curl it' })),
}

const examine = async (change: Partial<typeof WELL>) => {
  const found = await runDoctor({ ...WELL, ...change })
  return Object.fromEntries(
    found.map(({ what, ok, message, hint }) => [
      what,
      { ok, message, ...(hint === undefined ? {} : { hint }) },
    ]),
  )
}

test('without Docker all the other things are said, and how to start it', async () => {
  const gone = new DeployError('engine_unreachable', 'gone', { hint: 'systemctl start docker' })
  const found = await examine({
    docker: {
      version: rejects(refused),
      info: rejects(refused),
      getNetwork: () => ({ inspect: rejects(refused) }),
    },
    engine: { containers: rejects(gone) },
    journal: {
      ...WELL.journal,
      live: () => ({ standsIn: 1, deployment: { image: {} } }) as never,
    },
  })
  for (const what of ['docker', 'disk', 'app api']) {
    expect(found[what]).toMatchObject({
      ok: false,
      hint: expect.stringContaining('systemctl start docker'),
    })
  }
  for (const what of ['live-restore', 'network']) {
    expect(found[what]).toMatchObject({
      ok: true,
      message: 'not looked at: Docker does not answer',
    })
  }
  expect(found).toMatchObject({
    data: { ok: true },
    clock: { ok: true, message: 'not compared: no registry tells the time' },
    nginx: { ok: true },
    'site of api': { ok: true, message: 'Nginx serves it at https://api.test' },
    'site of the receiver': { ok: true, message: 'Nginx serves it at https://deploy.test' },
    'unknown names': { ok: true, message: '*:80: no answer (444)' },
    'registry of api': { ok: false, hint: 'curl it' },
  })
  expect(found).not.toHaveProperty('site of job')
})

test('maintenance that is on is told with how it is ended', async () => {
  const since = '2026-03-01T12:00:00.000Z'
  const found = await examine({ maintenanceSince: () => since })
  expect(found['maintenance of api']).toEqual({
    ok: true,
    message: `on since ${since}: visitors get 503`,
    hint: 'deploy-receiver maintenance api off lets them in again',
  })
  expect(found).not.toHaveProperty('maintenance of job')
  expect(await examine({})).not.toHaveProperty('maintenance of api')
})

const BESIDE = `beside it belongs the line that stands in a comment in ${OWN_FILE}`
const NOT_ALL = 'Nginx does not tell of all requests of api'
test.each<[string, Partial<ReceiverParts>, string, string?]>([
  ['all are told of', {}, 'Nginx tells of the requests of all apps'],
  ['it is off', { config: { ...config, accessLog: false } }, 'off: access_log is false'],
  [
    'the port is taken',
    { traffic: { ...WELL.traffic, whyDeaf: () => ({ message: 'taken', hint: 'ss' }) } },
    'taken',
    'ss',
  ],
  [
    'Nginx is elsewhere',
    { traffic: { ...WELL.traffic, whoTells: async () => 'elsewhere' } },
    'not told: Nginx is in a container or on another machine',
  ],
  ['Nginx does not say', places(undefined), 'not known: Nginx does not say what it logs'],
  ['nothing of it is there yet', places([]), 'Nginx tells of the requests of all apps'],
  [
    'logs of its own',
    places([
      { app: 'api', isTold: true },
      { app: 'api', isTold: false, why: 'other', file: '/x/mine.conf' },
      { app: 'gone', isTold: false, why: 'older' },
    ]),
    NOT_ALL,
    `/x/mine.conf has an \`access_log\` of its own: ${BESIDE}`,
  ],
  [
    'logs that are off',
    places([{ app: 'api', isTold: false, why: 'off', file: '/x/nginx.conf' }]),
    NOT_ALL,
    `/x/nginx.conf has \`access_log off\`: ${BESIDE}`,
  ],
  [
    'files of an older version',
    places([{ app: 'api', isTold: false, why: 'older', file: '/x/api.conf' }]),
    NOT_ALL,
    '/x/api.conf has lines of an older version: deploy-receiver reload --overwrite writes it anew, or include api.proxy',
  ],
  [
    'no line in our own file',
    places([{ app: 'api', isTold: false, why: 'none' }]),
    NOT_ALL,
    `${OWN_FILE} has no such line: deploy-receiver reload --overwrite writes it anew`,
  ],
])('why there are no figures of traffic is told: %s', async (_, parts, message, hint) => {
  const { traffic } = await examine(parts)
  expect(traffic).toEqual({ ok: true, message, ...(hint === undefined ? {} : { hint }) })
})
function places(all: readonly Telling[] | undefined): Partial<ReceiverParts> {
  const whoTells = async () => ({ file: OWN_FILE, places: all === undefined ? all : [...all] })
  return { traffic: { ...WELL.traffic, whoTells } }
}

test('an app that is stopped on purpose is told as that, and with how it is started', async () => {
  const since = '2026-03-01T12:00:00.000Z'
  const found = await examine({ maintenanceSince: () => since, stoppedSince: () => since })
  expect(found['app api']).toEqual({
    ok: true,
    message: `stopped since ${since}: visitors get 503`,
    hint: 'deploy-receiver start api starts it again, and so does a deployment',
  })
  expect(found).not.toHaveProperty('maintenance of api')
})

test('what Nginx warns of, that it does not run, and an app that it does not serve are told', async () => {
  const down = new DeployError('not_served', 'Nginx does not run', {
    hint: 'systemctl start nginx',
  })
  expect(
    await examine({
      sites: {
        check: async () => ({ state: 'it runs', warnings: ['a', 'b'] }),
        look: rejects(down),
        receiver: {
          ...receiver,
          notice: async () => 'deploy.test has a site of your own',
          page: async () => ({ notice: 'page.test has one, too' }),
        },
      },
    }),
  ).toMatchObject({
    nginx: { ok: true, hint: 'a\nb' },
    'site of api': { ok: false, hint: 'systemctl start nginx' },
    'site of the receiver': { ok: true, hint: 'deploy.test has a site of your own' },
    page: { ok: true, hint: 'page.test has one, too' },
  })
  expect(
    await examine({
      sites: {
        check: rejects(down),
        look: async () => ({ warning: 'keeps visitors out' }),
        receiver: { ...receiver, look: rejects(down), page: rejects(down) },
      },
    }),
  ).toMatchObject({
    nginx: { ok: false, message: 'Nginx does not run' },
    'site of api': { ok: true, hint: 'keeps visitors out' },
    'site of the receiver': { ok: false, message: 'Nginx does not run' },
    page: { ok: false, message: 'Nginx does not run' },
  })
})

test('what keeps others from this machine is among it', async () => {
  const finding = {
    id: 'dns:api.test',
    what: 'dns of api.test',
    ok: false,
    message: 'no record',
    hint: 'add one',
  }
  const found = await examine({ wayIn: async () => [finding] })
  expect(found['dns of api.test']).toMatchObject({ ok: false, hint: 'add one' })
})

test('each finding has an id of its own, and a look that fails as a whole hides no other', async () => {
  const found = await runDoctor({
    ...WELL,
    wayIn: rejects(new Error('cannot ask')),
    certificates: rejects(new Error('cannot read')),
  })
  const ids = found.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual(
    expect.arrayContaining(['docker', 'site:api', 'receiver-site', 'app:job', 'registry:job']),
  )
  expect(found).toMatchObject(
    expect.arrayContaining([
      { id: 'dns', what: 'dns', ok: false, message: 'cannot ask' },
      expect.objectContaining({ id: 'certificates', ok: false, message: 'cannot read' }),
      expect.objectContaining({ id: 'nginx', ok: true }),
    ]),
  )
})

test('each look is in the table of the docs', async () => {
  const found = await runDoctor({
    ...WELL,
    maintenanceSince: () => '2026-03-01T12:00:00.000Z',
    drainedSince: () => '2026-03-01T12:00:00.000Z',
    journal: {
      ...WELL.journal,
      recent: () => [{ id: 'dep_1' }] as never,
      events: () => [{ event: RETIRED }],
    },
  })
  const table = readFileSync(new URL('../../../../docs/install.md', import.meta.url), 'utf8')
  const kinds = found.map(({ what }) =>
    what.replace(/ (?:api|job)$/, ' <app>').replace(/ 1$/, ' <number>'),
  )
  for (const kind of kinds) expect(table).toContain(`\`${kind}\``)
})

const RETIRED = {
  type: 'step',
  at: '',
  step: 'retire',
  status: 'succeeded',
  message: 'removed api-1-blue',
} as const
