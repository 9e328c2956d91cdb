// @module-tag long
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { request } from 'node:http'
import { reserveSubnet, type Subnet } from '../support/ports.ts'
import { PROGRAM } from '../support/program.ts'
import { startVm, type Vm } from '../support/vm.ts'

const NETWORK = 'e2e-previews'
const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
let vm: Vm
let apart: Subnet
/** Nginx's, once production stands: it is not reloaded for previews. */
let workers: string[]
let one: string
let two: string

beforeAll(async () => {
  vm = await startVm(stack, NETWORK)
  apart = await reserveSubnet()
  Object.assign(vm.config['network'] as object, { previews: apart.subnet })
  const passwords = join(vm.dir, 'previews.htpasswd')
  writeFileSync(passwords, 'ops:{PLAIN}open sesame\n', { mode: 0o644 })
  Object.assign(vm.config.apps['api'] ?? {}, {
    environment: { LOG_LEVEL: 'info', DB_URL: '${DB_URL}', API_TOKEN: 'of-production-alone' },
    volumes: ['/secret-data'],
    // it ends when it is told to
    init: true,
    previews: {
      domain: 'preview.test',
      basic_auth: passwords,
      environment: { DB_URL: '${PREVIEW_DB_URL}' },
      volumes: ['/data'],
    },
  })
  Object.assign(vm.env, { DB_URL: 'postgres://production', PREVIEW_DB_URL: 'postgres://preview' })
  ;[one, two] = [await vm.push('one'), await vm.push('two')]
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  await apart.release()
})

const hook = (preview: string, digest: string) =>
  vm.hook({ preview, image: `${vm.repository}@${digest}` })
const remove = (preview: string) => vm.hook({ preview, remove: true }, { wait: 0 })
const PASSWORD = `Basic ${Buffer.from('ops:open sesame').toString('base64')}`
/** With the password, unless it is asked without. */
const visit = (preview: string, headers: Record<string, string> = { authorization: PASSWORD }) =>
  new Promise<{ status: number | undefined; body: string; robots: unknown }>((resolve, reject) => {
    const host = `api--${preview}.preview.test`
    const options = { port: vm.sites, headers: { ...headers, host }, agent: false }
    request({ host: '127.0.0.1', ...options }, (response) => {
      const { statusCode: status, headers: answered } = response
      text(response).then(
        (body) => resolve({ status, body: body.trim(), robots: answered['x-robots-tag'] }),
        reject,
      )
    })
      .once('error', reject)
      .end()
  })

async function containerOf(app: string) {
  const label = [`deploy-receiver.network=${NETWORK}`, `deploy-receiver.app=${app}`]
  const [found] = await docker.listContainers({ filters: { label } })
  if (found === undefined) throw new Error(`${app} has no container`)
  return docker.getContainer(found.Id)
}
const addressOf = async (app: string) => {
  const { NetworkSettings } = await (await containerOf(app)).inspect()
  const [network] = Object.values(NetworkSettings.Networks)
  return network?.IPAddress ?? ''
}

/** What a container is answered by another one's address; nothing when it is not. */
async function fetchFrom(app: string, url: string): Promise<string> {
  const { id } = await containerOf(app)
  const wget = ['/bin/busybox', 'timeout', '5', '/bin/busybox', 'wget', '-qO-', url]
  const exec = ['-H', stack.dockerHost, 'exec', id, ...wget]
  const { stdout } = await promisify(execFile)('docker', exec).catch(() => ({ stdout: '' }))
  return stdout.trim()
}

const listed = (folder: string): string[] =>
  existsSync(join(vm.dir, 'data', folder))
    ? readdirSync(join(vm.dir, 'data', folder)).map((each) => `${folder}/${each}`)
    : []

/** All that there is of previews, by its own word. */
async function traces(): Promise<string[]> {
  const label = [`deploy-receiver.network=${NETWORK}`]
  const containers = await docker.listContainers({ all: true, filters: { label } })
  const { Volumes } = await docker.listVolumes({ filters: { label } })
  const networks = await docker.listNetworks()
  const images = await docker.listImages()
  const { directory } = vm.nginx
  return [
    ...containers.flatMap(({ Names }) => Names),
    ...Volumes.map(({ Name }) => Name),
    ...networks.map(({ Name }) => Name).filter((name) => name.startsWith(NETWORK)),
    ...images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.includes(NETWORK)),
    ...readdirSync(directory, { recursive: true }).map(String),
    ...['slots', 'upstreams'].flatMap((folder) => listed(folder)),
  ].filter((each) => each.includes('--pr-'))
}

test('a preview is made, found by its password alone, and knows nothing of production', async () => {
  expect((await vm.deploy(one)).status).toBe('succeeded')
  workers = vm.nginx.workers()
  const { deployment } = await hook('pr-1', two)
  expect(deployment).toMatchObject({ app: 'api--pr-1', status: 'succeeded' })
  expect(deployment.url).toBe(`http://api--pr-1.preview.test:${vm.sites}`)

  expect((await visit('pr-1', {})).status).toBe(401)
  expect(await visit('pr-1')).toEqual({ status: 200, body: 'two', robots: 'noindex' })
  expect((await vm.visit()).body.trim()).toBe('one')

  const { Config, HostConfig, Mounts, NetworkSettings } = await (
    await containerOf('api--pr-1')
  ).inspect()
  expect(Config.Env.filter((each) => !each.startsWith('PATH=')).toSorted()).toEqual([
    'DB_URL=postgres://preview',
    'LOG_LEVEL=info',
  ])
  expect(JSON.stringify([Config, HostConfig])).not.toMatch(/production/)
  expect(HostConfig).toMatchObject({
    Memory: 512 * 1024 ** 2,
    NanoCpus: 1e9,
    PidsLimit: 512,
    ExtraHosts: [],
  })
  expect(Mounts.map(({ Destination }) => Destination)).toEqual(['/data'])
  expect(Object.keys(NetworkSettings.Networks)).toEqual([`${NETWORK}_api--pr-1`])
  // nobody else has a name for it either
  const production = await (await containerOf('api')).inspect()
  expect(production.HostConfig.ExtraHosts).toEqual([expect.stringMatching(/^api\.internal:/)])
})

test('it reaches neither another app nor another preview, and they do not reach it', async () => {
  await hook('pr-2', two)
  const [api, first, second] = await Promise.all(
    ['api', 'api--pr-1', 'api--pr-2'].map((app) => addressOf(app)),
  )
  const url = (address: string | undefined) => `http://${address}:8000/`
  // each by itself answers
  expect(await fetchFrom('api--pr-1', url('127.0.0.1'))).toBe('two')
  expect(await fetchFrom('api', url(api))).toBe('one')
  expect(
    await Promise.all([
      fetchFrom('api--pr-1', url(api)),
      fetchFrom('api--pr-1', url(second)),
      fetchFrom('api--pr-2', url(first)),
      fetchFrom('api', url(first)),
    ]),
  ).toEqual(['', '', '', ''])
})

test('it is listed, updated, and there after a restart of the receiver', async () => {
  const { apps } = (await vm.read('/apps')) as { apps: { name: string }[] }
  expect(apps.map(({ name }) => name)).toEqual(['api', 'api--pr-1', 'api--pr-2'])
  await vm.receiver().stop()
  await vm.start()
  expect((await visit('pr-1')).body).toBe('two')
  expect((await hook('pr-1', one)).deployment.status).toBe('succeeded')
  expect((await visit('pr-1')).body).toBe('one')
})

test('nothing of it is left when it is removed, by a hook or by hand, and production is untouched', async () => {
  const { Id } = await (await containerOf('api')).inspect()
  expect(await traces()).not.toEqual([])
  expect(await remove('pr-1')).toMatchObject({ status: 202, result: 'removed' })
  await expect
    .poll(async () => (await traces()).filter((each) => each.includes('pr-1')))
    .toEqual([])
  expect((await vm.readText('/apps/api--pr-1')).status).toBe(404)
  const args = ['--config', join(vm.dir, 'config.yaml'), 'remove', 'api--pr-2']
  expect((await promisify(execFile)(PROGRAM, args)).stdout).toContain('container')
  expect(await traces()).toEqual([])
  expect(vm.nginx.workers()).toEqual(workers)
  expect(existsSync(join(vm.dir, 'data', 'slots', 'api'))).toBe(true)
  expect((await (await containerOf('api')).inspect()).Id).toBe(Id)
  expect((await vm.visit()).status).toBe(200)
})

test('one that is not in the config any more goes with what said it', async () => {
  expect((await hook('pr-3', two)).deployment.status).toBe('succeeded')
  delete vm.config.apps['api']?.['previews']
  await vm.reload()
  await expect.poll(traces).toEqual([])
  expect(existsSync(join(vm.nginx.directory, 'deploy-receiver.api.previews.conf'))).toBe(false)
})
