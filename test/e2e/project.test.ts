// @module-tag long
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { allTheWhile } from '../support/all-the-while.ts'
import { ask } from '../support/ask.ts'
import { waitFor } from '../support/processes.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { PROGRAM } from '../support/program.ts'
import { startVm, type Vm } from '../support/vm.ts'

const run = promisify(execFile)

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
const env = { ...process.env, DOCKER_HOST: stack.dockerHost, REGISTRY_PASSWORD: 'not-needed' }
let vm: Vm
let folder: string
let file: string
const digests: string[] = []

/** A shop: web, worker, migration and a seed that nobody waits for are of one image, and all write into the database's volume. */
const compose = (image: string, { worker = 'exec sleep 1000', db = 'true' } = {}) => `
name: e2e-shop
x-app: &app
  image: ${image}
  volumes: [data:/data]
  stop_grace_period: 1s
services:
  web:
    <<: *app
    ports: ["127.0.0.1:1:8000"]
    depends_on:
      db: { condition: service_healthy }
      migrate: { condition: service_completed_successfully }
    environment: { GREETING: "\${GREETING:-hello} $$you" }
  worker:
    <<: *app
    command: [/bin/busybox, sh, -c, "echo hello from $$(cat /www/index.html); echo worker $$(cat /www/index.html) >>/data/log; ${worker}"]
    depends_on: [web]
  migrate:
    <<: *app
    command: [/bin/busybox, sh, -c, "echo migrate $$(cat /www/index.html) >>/data/log; test ! -e /www/fails"]
    depends_on: { db: { condition: service_healthy } }
  seed: { <<: *app, command: [/bin/busybox, sh, -c, "echo seed $$(cat /www/index.html) >>/data/seeds"] }
  db:
    image: ${image.replace(/:[^:]*$/, '-db:1')}
    pull_policy: never
    command: [/bin/busybox, sh, -c, "echo row >>/data/rows; exec sleep 1000"]
    volumes: [data:/data]
    healthcheck: { test: [CMD, /bin/busybox, "${db}"], interval: 200ms, retries: 3 }
    stop_grace_period: 0s
volumes: { data: }
`

beforeAll(async () => {
  vm = await startVm(stack, 'project')
  folder = join(vm.dir, 'shop')
  mkdirSync(folder)
  file = join(folder, 'compose.yaml')
  writeFileSync(file, compose(`${vm.repository}:one`))
  writeFileSync(join(folder, '.env'), 'GREETING=good day\n')
  const { api = {} } = vm.config.apps
  const { image: _image, ...rest } = api
  vm.config.apps = {
    shop: {
      ...rest,
      domains: ['shop.test'],
      compose: { file, service: 'web' },
      health: { ...(rest['health'] as object), interval: '300ms' },
      watch: '500ms',
    },
  }
  for (const version of ['one', 'two']) digests.push(await vm.push(version))
  digests.push(await vm.push('fails', { files: { 'www/fails': '' } }))
  await pushTiny({
    host: stack.dockerHost,
    image: `${vm.repository}-db:1`,
    version: 'database',
    login: stack.registry,
  })
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  const flags = ['compose', '--project-name', 'e2e-shop', 'down', '--volumes', '--timeout', '0']
  await run('docker', flags, { env })
})

const deploy = async (version: number) =>
  (await vm.hook({ image: `${vm.repository}@${digests[version - 1]}` }, { app: 'shop' })).deployment

const visit = () =>
  ask({ port: vm.sites, domain: 'shop.test' }).then(
    ({ status, body }) => `${status} ${body.trim()}`,
  )

/** What runs, ours by service and digest, and Compose's. */
async function running(): Promise<string[]> {
  const all = await docker.listContainers()
  return all
    .flatMap(({ Labels }) => {
      const version = digests.indexOf(Labels['deploy-receiver.digest'] ?? '') + 1
      if (Labels['deploy-receiver.network'] === 'project') {
        return `${Labels['deploy-receiver.service'] ?? 'web'} ${version}`
      }
      const service = Labels['com.docker.compose.service']
      return Labels['com.docker.compose.project'] === 'e2e-shop' ? `Compose's ${service}` : []
    })
    .toSorted((a, b) => a.localeCompare(b))
}

/** Runs something in a container of Compose's. */
const inDb = async (...command: string[]) =>
  (await run('docker', ['exec', 'e2e-shop-db-1', '/bin/busybox', ...command], { env })).stdout

const cli = (...args: string[]) =>
  run(PROGRAM, ['--config', vm.receiver().config, ...args], { env, timeout: 120_000 })

/** What `doctor` finds, by id. It ends with 1 when something else of this machine is not as it has to be. */
async function doctor() {
  const { stdout } = await cli('doctor', '--json').catch((error: { stdout: string }) => error)
  const findings = JSON.parse(stdout) as { id: string; verdict: string; message: string }[]
  return new Map(findings.map((each) => [each.id, each]))
}

test('a project is deployed: database, migration, web service, worker', async () => {
  const deployment = await deploy(1)
  expect(deployment.error).toBeUndefined()
  expect(await visit()).toBe('200 one')
  expect(await running()).toEqual(["Compose's db", 'web 1', 'worker 1'])
  expect(await inDb('cat', '/data/log')).toBe('migrate one\nworker one\n')
  expect(await inDb('cat', '/data/seeds')).toBe('seed one\n')
  // by Compose's own names, and with what its files say
  expect(await inDb('wget', '-qO-', 'http://web:8000/')).toBe('one\n')
  const web = (await docker.listContainers()).find(
    ({ Labels }) =>
      Labels['deploy-receiver.slot'] === 'blue' && Labels['deploy-receiver.network'] === 'project',
  )
  const { Config, Mounts } = await docker.getContainer(web?.Id ?? '').inspect()
  expect(Config.Env).toContain('GREETING=good day $you')
  expect(Mounts.map(({ Name }) => Name)).toEqual(['e2e-shop_data'])
})

test('the next one loses no visit, migrates before it, and leaves the database alone', async () => {
  const [before] = await docker.listContainers({ filters: { name: ['e2e-shop-db-1'] } })
  const seen = new Set<string>()
  const visits = allTheWhile(async () => seen.add(await visit()))
  expect((await deploy(2)).error).toBeUndefined()
  await visits.stop()
  expect([...seen].toSorted((a, b) => a.localeCompare(b))).toEqual(['200 one', '200 two'])
  expect(await running()).toEqual(["Compose's db", 'web 2', 'worker 2'])
  expect(await inDb('cat', '/data/log')).toMatch(/migrate two\nworker two\n$/)
  const [after] = await docker.listContainers({ filters: { name: ['e2e-shop-db-1'] } })
  expect(after?.Id).toBe(before?.Id)
})

test('a migration that fails leaves all as it was', async () => {
  expect(await deploy(3)).toMatchObject({
    status: 'failed',
    error: { code: 'release_failed', message: expect.stringContaining('migrate') as string },
  })
  expect(await visit()).toBe('200 two')
  expect(await running()).toEqual(["Compose's db", 'web 2', 'worker 2'])
})

test('a worker that fails takes the web service back with it', async () => {
  writeFileSync(file, compose(`${vm.repository}:one`, { worker: 'exit 9' }))
  const failed = await deploy(1)
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'rolled_back' } })
  expect(failed.error?.message).toMatch(/the service worker: .* exited with code 9/)
  expect(await visit()).toBe('200 two')
  expect(await running()).toEqual(["Compose's db", 'web 2', 'worker 2'])
})

test('a file that Compose refuses leaves all as it was, and no reload takes it', async () => {
  writeFileSync(file, 'services: { web: { image: [] } }')
  expect(await deploy(1)).toMatchObject({ status: 'failed', error: { code: 'compose_failed' } })
  expect(await running()).toEqual(["Compose's db", 'web 2', 'worker 2'])
  await expect(vm.reload()).rejects.toThrow(/Compose refuses/)
  writeFileSync(file, compose(`${vm.repository}:one`))
  await vm.reload()
})

test('a rollback takes all of them back, and runs no migration', async () => {
  const migrations = async () => (await inDb('cat', '/data/log')).match(/migrate/g)?.length
  const before = await migrations()
  const { deployment } = await vm.hook({ rollback: 'previous' }, { app: 'shop' })
  expect(deployment.error).toBeUndefined()
  expect(await visit()).toBe('200 one')
  expect(await running()).toEqual(["Compose's db", 'web 1', 'worker 1'])
  expect(await inDb('cat', '/data/log')).toMatch(/worker one\n$/)
  expect(await migrations()).toBe(before)
})

test('a worker that somebody removed runs again, and a seed that is done does not', async () => {
  const seeds = await inDb('cat', '/data/seeds')
  const [worker] = await docker.listContainers({
    filters: { label: ['deploy-receiver.service=worker', 'deploy-receiver.network=project'] },
  })
  await docker.getContainer(worker?.Id ?? '').remove({ force: true })
  await waitFor(async () => (await running()).includes('worker 1'), { what: 'no worker' })
  expect(await inDb('cat', '/data/seeds')).toBe(seeds)
})

test('the commands know the services', async () => {
  const { stdout: status } = await cli('status', 'shop')
  expect(status.replaceAll(/\s+/g, ' ')).toContain(
    'shop: the service web of the Compose project e2e-shop; before it: migrate; after it: seed, worker; waits for: db',
  )
  expect(status).toContain('shop: passed over: ports')
  const { stdout: logs } = await cli('logs', 'shop', '--service', 'worker')
  expect(logs).toBe('hello from one\n')
  for (const [service, hint] of [
    ['web', /it is the app itself: deploy-receiver logs shop/],
    ['migrate', /runs once before the start.*deploy-receiver show shop/],
    ['db', /deploy-receiver compose shop -- logs db/],
    ['wroker', /these do: seed, worker/],
  ] as const) {
    await expect(cli('logs', 'shop', '--service', service)).rejects.toThrow(hint)
  }
  const { stdout: previous } = await cli('logs', 'shop', '--previous', '--service', 'worker')
  // it was started again by the deployments that failed
  expect(previous).toMatch(/^(?:hello from two\n)+$/)
})

test('what Compose starts by hand beside ours is told, and its own way leaves it out', async () => {
  const flags = ['compose', '--file', file, 'up', '--detach', '--no-deps', 'worker']
  await run('docker', flags, { env })
  const { stdout: status } = await cli('status', 'shop')
  expect(status.replaceAll(/\s+/g, ' ')).toContain(
    'Compose runs e2e-shop-worker-1 beside ours: deploy-receiver compose shop -- up -d takes them away',
  )
  expect((await doctor()).get('project:shop')).toMatchObject({
    verdict: 'warning',
    message: expect.stringContaining('runs e2e-shop-worker-1 beside ours') as string,
  })
  await cli('compose', 'shop', '--', 'up', '-d', '--timeout', '0')
  expect(await running()).toEqual(["Compose's db", 'web 1', 'worker 1'])
  const { stdout: ps } = await cli('compose', 'shop', '--', 'ps', '--services')
  expect(ps.trim()).toBe('db')
  const found = await doctor()
  expect(found.get('project:shop')).toMatchObject({ verdict: 'ok' })
  expect(found.get('services:shop')?.message).toBe('seed is done, worker runs')
  expect(await visit()).toBe('200 one')
})

test('nothing is written into the folder of the project', () => {
  expect(readdirSync(folder).toSorted((a, b) => a.localeCompare(b))).toEqual([
    '.env',
    'compose.yaml',
  ])
  expect(existsSync(join(vm.dir, 'data/compose/shop.yaml'))).toBe(true)
})
