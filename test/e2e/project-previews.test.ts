// @module-tag long
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { reserveSubnet, type Subnet } from '../support/ports.ts'
import { PROGRAM } from '../support/program.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { startVm, type Vm } from '../support/vm.ts'

const run = promisify(execFile)
const NETWORK = 'e2e-project-previews'
const PRODUCTION = 'e2e-preview-shop'
const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
const env = { ...process.env, DOCKER_HOST: stack.dockerHost, REGISTRY_PASSWORD: 'not-needed' }
let vm: Vm
let apart: Subnet
let one: string
let two: string

/** A shop whose database has a folder of the host, which previews cannot have. */
const compose = (image: string, host: string) => `
name: ${PRODUCTION}
services:
  web: &app
    image: ${image}
    depends_on: { db: { condition: service_healthy }, migrate: { condition: service_completed_successfully } }
    environment: { DB_URL: "db://shop:\${DB_PASSWORD}@db", API_KEY: of-production-0123456789abcdef, LEVEL: info }
    env_file: [production.env]
    volumes: [data:/data]
    stop_grace_period: 1s
  worker:
    <<: *app
    command: [/bin/busybox, sh, -c, "echo worker $$(cat /www/index.html) >>/data/log; exec sleep 1000"]
  migrate:
    <<: *app
    depends_on: { db: { condition: service_healthy } }
    command: [/bin/busybox, sh, -c, "echo migrate $$(cat /www/index.html) >>/data/log"]
  db:
    image: ${image.replace(/:[^:]*$/, '-db:1')}
    command: [/bin/busybox, sh, -c, "echo row >>/rows/all; exec /bin/busybox httpd -f -p 8000 -h /rows"]
    environment: { PASSWORD: "\${DB_PASSWORD}" }
    ports: ["127.0.0.1::8000"]
    volumes: [rows:/rows, "${host}:/host"]
    networks: [default, back]
    healthcheck: { test: [CMD, /bin/busybox, "true"], interval: 200ms, retries: 3 }
    stop_grace_period: 0s
volumes: { data: , rows: { name: e2e-preview-rows } }
networks: { back: { name: e2e-preview-back } }
`

beforeAll(async () => {
  vm = await startVm(stack, NETWORK)
  apart = await reserveSubnet()
  Object.assign(vm.config['network'] as object, { previews: apart.subnet })
  const folder = join(vm.dir, 'shop')
  mkdirSync(join(folder, 'host'), { recursive: true })
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('compose.yaml', compose(`${vm.repository}:one`, join(folder, 'host')))
  write('.env', 'DB_PASSWORD=of-production\n')
  write('production.env', 'MAILER_TOKEN=of-production\n')
  write('preview.env', 'DB_PASSWORD=of-previews\n')
  // this image is nowhere on the machine
  const db = `${vm.repository}-db`
  write(
    'preview.yaml',
    `services: { db: { image: "${db}:2", volumes: !override ["rows:/rows"] } }\n`,
  )
  const { image: _image, ...rest } = vm.config.apps['api'] ?? {}
  vm.config.apps = {
    shop: {
      ...rest,
      domains: ['shop.test'],
      compose: { file: join(folder, 'compose.yaml'), service: 'web' },
      previews: {
        domain: 'preview.test',
        basic_auth: false,
        compose: {
          file: [join(folder, 'compose.yaml'), join(folder, 'preview.yaml')],
          env_file: join(folder, 'preview.env'),
        },
        environment: { DB_URL: 'db://shop:of-previews@db' },
        release: '/bin/busybox sh -c "echo seed >>/data/log"',
      },
    },
  }
  ;[one, two] = [await vm.push('one'), await vm.push('two')]
  const login = stack.registry
  await pushTiny({ host: stack.dockerHost, image: `${db}:1`, version: 'database', login })
  await pushTiny({ image: `${db}:2`, version: 'database of previews', login })
  const { host, username, password } = stack.registry
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const config = join(vm.dir, 'docker')
  mkdirSync(config)
  writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
  vm.env['DOCKER_CONFIG'] = config
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  const flags = ['compose', '--project-name', PRODUCTION, 'down', '--volumes', '--timeout', '0']
  await run('docker', flags, { env })
  await apart.release()
})

const hook = async (digest: string, preview?: string) => {
  const { deployment } = await vm.hook(
    { image: `${vm.repository}@${digest}`, ...(preview === undefined ? {} : { preview }) },
    { app: 'shop' },
  )
  expect(deployment.error).toBeUndefined()
  return deployment
}
const visit = async (domain: string) => {
  const { status, body } = await ask({ port: vm.sites, domain })
  return `${status} ${body.trim()}`
}

const byName = (a: string, b: string) => a.localeCompare(b)

/** All names that have something of a preview in them. */
async function traces(): Promise<string[]> {
  const containers = await docker.listContainers({ all: true })
  const { Volumes } = await docker.listVolumes()
  const networks = await docker.listNetworks()
  return [
    ...containers.map(({ Names }) => (Names[0] ?? '').slice(1)),
    ...Volumes.map(({ Name }) => Name),
    ...networks.map(({ Name }) => Name),
    ...readdirSync(vm.nginx.directory, { recursive: true }).map(String),
    ...readdirSync(join(vm.dir, 'data'), { recursive: true }).map(String),
  ]
    .filter((each) => each.includes('shop--pr-'))
    .toSorted(byName)
}

/** What runs of production: its containers by id, and the volumes and networks that they have. */
async function production(): Promise<string> {
  const all = await docker.listContainers()
  const isIts = ({ Labels }: (typeof all)[number]) =>
    Labels['com.docker.compose.project'] === PRODUCTION || Labels['deploy-receiver.app'] === 'shop'
  const found = all.filter(isIts).map(({ Id, Mounts, NetworkSettings }) => ({
    Id,
    volumes: Mounts.map(({ Name }) => Name ?? '').toSorted(byName),
    networks: Object.keys(NetworkSettings.Networks).toSorted(byName),
  }))
  return JSON.stringify(found.toSorted((a, b) => a.Id.localeCompare(b.Id)))
}

/** Runs something in a container, by a pattern of its name. */
async function inside(name: string, ...command: string[]): Promise<string> {
  const all = await docker.listContainers()
  const found = all.find(({ Names }) => Names.some((each) => new RegExp(name).test(each)))
  if (found === undefined) throw new Error(`there is no ${name}`)
  const exec = ['exec', found.Id, '/bin/busybox', ...command]
  const { stdout } = await run('docker', exec, { env }).catch(() => ({ stdout: 'nothing' }))
  return stdout.trim()
}
const fetched = (from: string, url: string) => inside(from, 'timeout', '5', 'wget', '-qO-', url)
const addressOf = async (container: string) => {
  const { NetworkSettings } = await docker.getContainer(container).inspect()
  return Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? ''
}
const imagesOf = async () =>
  (await docker.listImages())
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((tag) => tag.startsWith(`${vm.repository}-db:`))
    .toSorted()

test('a preview has the services of its app, each of its own, and nothing of production', async () => {
  await hook(one)
  expect(await imagesOf()).toEqual([`${vm.repository}-db:1`])
  const { url, steps } = await hook(one, 'pr-1')
  expect(url).toBe(`http://shop--pr-1.preview.test:${vm.sites}`)
  expect(steps.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['services', 'migrate', 'release', 'workers']),
  )
  expect(await visit('shop--pr-1.preview.test')).toBe('200 one')
  expect(await inside('shop--pr-1-db-1', 'cat', '/rows/all')).toBe('row')
  expect(
    (await inside('shop--pr-1-[0-9]+_worker', 'cat', '/data/log')).split('\n').toSorted(),
  ).toEqual(['migrate one', 'seed', 'worker one'])
  const all = (await docker.listContainers()).filter(({ Names }) =>
    Names.some((each) => each.includes('shop--pr-1')),
  )
  expect(all).toHaveLength(3)
  for (const { Id } of all) {
    const found = await docker.getContainer(Id).inspect()
    const { Config, HostConfig, Mounts, NetworkSettings } = found
    expect(JSON.stringify([Config, HostConfig])).not.toMatch(/of-production/)
    expect(JSON.stringify(Config.Env)).toContain('of-previews')
    expect(Mounts.map(({ Name }) => Name)).toEqual([
      expect.stringMatching(/^shop--pr-1_(?:data|rows)$/),
    ])
    expect(HostConfig).toMatchObject({ Memory: 512 * 1024 ** 2, NanoCpus: 1e9, PidsLimit: 512 })
    expect(HostConfig.PortBindings ?? {}).toEqual({})
    for (const network of Object.keys(NetworkSettings.Networks)) {
      expect([`${NETWORK}_shop--pr-1`, 'shop--pr-1_default']).toContain(network)
    }
  }
  expect(await fetched('shop--pr-1-[0-9]+_worker', 'http://db:8000/all')).toBe('row')
  expect(await fetched('shop--pr-1-[0-9]+_worker', 'http://web:8000/')).toBe('one')
})

test('it reaches neither production nor another preview, and they do not reach it', async () => {
  await hook(one, 'pr-2')
  const [theirs, first, second] = await Promise.all(
    [`${PRODUCTION}-db-1`, 'shop--pr-1-db-1', 'shop--pr-2-db-1'].map(addressOf),
  )
  const url = (address: string | undefined) => `http://${address}:8000/all`
  expect(await fetched(`${PRODUCTION}-db-1`, url(theirs))).toBe('row')
  expect(
    await Promise.all([
      fetched('shop--pr-1-[0-9]+_worker', url(theirs)),
      fetched('shop--pr-1-[0-9]+_worker', url(second)),
      fetched('shop--pr-2-db-1', url(first)),
      fetched(`${PRODUCTION}-db-1`, url(first)),
    ]),
  ).toEqual(['nothing', 'nothing', 'nothing', 'nothing'])
})

test('an update keeps its data and its database, and a deployment of production touches neither', async () => {
  const { Id } = await docker.getContainer('shop--pr-1-db-1').inspect()
  await hook(two, 'pr-1')
  expect(await visit('shop--pr-1.preview.test')).toBe('200 two')
  expect(await visit('shop.test')).toBe('200 one')
  expect((await docker.getContainer('shop--pr-1-db-1').inspect()).Id).toBe(Id)
  expect(await inside('shop--pr-1-db-1', 'cat', '/rows/all')).toBe('row')
  expect(
    (await inside('shop--pr-1-[0-9]+_worker', 'cat', '/data/log')).split('\n').toSorted(),
  ).toEqual(['migrate one', 'migrate two', 'seed', 'seed', 'worker one', 'worker two'])
  expect(await inside('shop--pr-2-db-1', 'cat', '/rows/all')).toBe('row')
})

test('by hand Compose has the preview by its name', async () => {
  const args = ['--config', vm.receiver().config, 'compose', 'shop--pr-1', '--', 'ps', '--services']
  expect((await run(PROGRAM, args, { env })).stdout.trim()).toBe('db')
})

test('files that become wrong for previews keep no receiver from starting, and what stands stands', async () => {
  const file = join(vm.dir, 'shop', 'preview.yaml')
  const right = readFileSync(file, 'utf8')
  writeFileSync(file, right.replace('volumes:', 'privileged: true, volumes:'))
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
  await vm.start()
  expect(vm.receiver().log()).toContain(
    'no preview is made or updated: the service db has privileged',
  )
  expect(await visit('shop.test')).toBe('200 one')
  expect(await visit('shop--pr-1.preview.test')).toBe('200 two')
  expect(await vm.read('/apps/shop')).toMatchObject({
    previews_broken: expect.stringContaining('privileged'),
  })
  const update = { image: `${vm.repository}@${two}`, preview: 'pr-1' }
  expect(await vm.hook(update, { app: 'shop' })).toMatchObject({
    status: 422,
    code: 'config_refused',
  })
  await hook(one)
  await expect(vm.reload()).rejects.toThrow('privileged')
  writeFileSync(file, right)
  await vm.reload()
  await hook(two, 'pr-1')
  expect(await visit('shop--pr-1.preview.test')).toBe('200 two')
})

test('what a killed receiver did not remove goes when it starts again, and production stays as it was', async () => {
  const before = await production()
  // the engine removes no volume that a container has
  const holder = await docker.createContainer({
    Image: `${vm.repository}-db:1`,
    name: 'holds-the-rows',
    HostConfig: { Binds: ['shop--pr-1_rows:/rows'] },
  })
  expect(await vm.hook({ preview: 'pr-1', remove: true }, { app: 'shop', wait: 0 })).toMatchObject({
    status: 202,
  })
  await expect.poll(() => vm.receiver().log()).toContain('a preview could not be removed')
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
  const left = (await traces()).filter((each) => each.includes('pr-1'))
  expect(left).toContain('shop--pr-1_rows')
  expect(left.filter((each) => each.includes('-db-') || each.includes('worker'))).toEqual([])
  await holder.remove()

  await vm.start()
  await expect
    .poll(async () => (await traces()).filter((each) => each.includes('pr-1')))
    .toEqual([])
  expect(await production()).toBe(before)
  // the other one has the image still
  expect(await imagesOf()).toHaveLength(2)
  expect(await visit('shop--pr-2.preview.test')).toBe('200 one')
})

test('nothing of any is left when the last one is gone, not even the image that was pulled for them', async () => {
  const before = await production()
  const args = ['--config', vm.receiver().config, 'remove', 'shop--pr-2']
  expect((await run(PROGRAM, args, { env })).stdout).toContain('volume shop--pr-2_rows')
  expect(await traces()).toEqual([])
  expect(await imagesOf()).toEqual([`${vm.repository}-db:1`])
  expect(readdirSync(join(vm.dir, 'data', 'compose'))).toEqual(['shop.yaml'])
  expect(await production()).toBe(before)
  expect(await inside(`${PRODUCTION}-db-1`, 'cat', '/rows/all')).toBe('row')
  expect(await visit('shop.test')).toBe('200 one')
})
