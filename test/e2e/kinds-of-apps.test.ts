// @module-tag long
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { DeploymentEvent } from '../../protocol/deployment.ts'
import { allTheWhile } from '../support/all-the-while.ts'
import { ask } from '../support/ask.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
const [SHELL, SLEEP] = ['/bin/busybox sh -c', '/bin/busybox sleep 1000']
let vm: Vm
const digests: string[] = []

beforeAll(async () => {
  vm = await startVm(stack, 'kinds')
  const { api = {} } = vm.config.apps
  const short = { image: api['image'], stop_grace_period: '1s', watch: '500ms' }
  const http = { ...short, health: api['health'], drain: '1s' }
  vm.config.apps = {
    ...vm.config.apps,
    lock: { ...http, domains: ['lock.test'], strategy: 'recreate' },
    worker: { ...short, http: false, command: SLEEP, health: { interval: '300ms' } },
    migrated: {
      ...http,
      domains: ['migrated.test'],
      volumes: ['kinds-data:/data'],
      environment: { SAID: 'hello' },
      release: `${SHELL} 'echo "$$SAID"; echo once >>/data/runs; test ! -e /www/fails || exit 7'`,
    },
    slow: { ...short, http: false, release: { command: SLEEP, timeout: '1s' } },
  }
  for (const version of ['one', 'two']) digests.push(await vm.push(version))
  digests.push(await vm.push('three', { broken: true }))
  digests.push(await vm.push('four', { files: { 'www/fails': '' } }))
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  await docker
    .getVolume('kinds-data')
    .remove()
    .catch(() => {})
})

const deploy = async (app: string, version: number) =>
  (await vm.hook({ image: `${vm.repository}@${digests[version - 1]}` }, { app })).deployment

const visit = (app: string) =>
  ask({ port: vm.sites, domain: `${app}.test` }).then(
    ({ status, body }) => `${status} ${body.trim()}`,
  )

async function containers(app: string): Promise<string[]> {
  const all = await docker.listContainers({ all: true })
  return all
    .filter(
      ({ Labels }) =>
        Labels['deploy-receiver.network'] === 'kinds' && Labels['deploy-receiver.app'] === app,
    )
    .map(
      ({ Labels, State }) =>
        `${digests.indexOf(Labels['deploy-receiver.digest'] ?? '') + 1} ${State}`,
    )
}

describe('strategy: recreate', () => {
  test('the old one is gone before the new one starts, and visitors are asked to wait', async () => {
    expect(await deploy('lock', 1)).toMatchObject({ status: 'succeeded' })
    expect(await visit('lock')).toBe('200 one')
    const seen = new Set<string>()
    const most = new Set<number>()
    const visits = allTheWhile(async () => seen.add((await visit('lock')).slice(0, 7)))
    const counts = allTheWhile(async () =>
      most.add((await containers('lock')).filter((each) => each.endsWith('running')).length),
    )
    expect(await deploy('lock', 2)).toMatchObject({ status: 'succeeded' })
    await Promise.all([visits.stop(), counts.stop()])
    seen.add((await visit('lock')).slice(0, 7))
    expect([...seen].toSorted((a, b) => a.localeCompare(b))).toEqual([
      '200 one',
      '200 two',
      '503 <!d',
    ])
    expect(Math.max(...most)).toBe(1)
    expect(await containers('lock')).toEqual(['2 running'])
  })

  test('when the new one fails, the old one is back', async () => {
    expect(await deploy('lock', 3)).toMatchObject({
      status: 'failed',
      error: { code: 'unhealthy' },
    })
    expect(await visit('lock')).toBe('200 two')
    expect(await containers('lock')).toEqual(['2 running'])
  })
})

describe('a worker', () => {
  test('is deployed and replaced without a port', async () => {
    expect(await deploy('worker', 1)).toMatchObject({ status: 'succeeded' })
    expect(await deploy('worker', 2)).toMatchObject({ status: 'succeeded' })
    expect(await containers('worker')).toEqual(['2 running'])
  })
})

describe('a release command', () => {
  test('runs once with the environment and volumes of the app, and says what it does', async () => {
    const deployment = await deploy('migrated', 1)
    expect(deployment).toMatchObject({ status: 'succeeded' })
    const said = (await eventsOf(deployment.id)).flatMap((event) =>
      event.type === 'progress' && event.step === 'release' ? event.message : [],
    )
    expect(said).toEqual(['hello'])
    expect(await containers('migrated')).toEqual(['1 running'])
    expect(await runs()).toBe(1)
  })

  test('that fails stops the deployment, and the old version serves on', async () => {
    expect(await deploy('migrated', 4)).toMatchObject({
      status: 'failed',
      error: { code: 'release_failed', message: expect.stringContaining('exited with code 7') },
    })
    expect(await visit('migrated')).toBe('200 one')
    expect(await containers('migrated')).toEqual(['1 running'])
  })

  test('that takes too long is stopped', async () => {
    expect(await deploy('slow', 1)).toMatchObject({
      status: 'failed',
      error: { code: 'release_failed', message: expect.stringContaining('ran for more than 1 s') },
    })
    expect(await containers('slow')).toEqual([])
  })

  test('is run once also when the receiver dies in the middle of it', async () => {
    const before = await runs()
    vm.config.apps['migrated'] = {
      ...vm.config.apps['migrated'],
      release: `${SHELL} 'echo once >>/data/runs; sleep 2'`,
    }
    await vm.reload()
    const { deployment } = await vm.hook(
      { image: `${vm.repository}@${digests[1]}` },
      { app: 'migrated', wait: 0 },
    )
    await waitFor(async () => (await runs()) > before, {
      what: 'the release command did not start',
    })
    vm.receiver().kill('SIGKILL')
    await vm.receiver().exited
    await vm.start()
    await waitFor(async () => (await visit('migrated')) === '200 two', { what: 'two is not live' })
    expect(await runs()).toBe(before + 1)
    expect((await eventsOf(deployment.id)).some((event) => event.type === 'live')).toBe(true)
  })
})

async function eventsOf(id: string): Promise<DeploymentEvent[]> {
  const { text } = await vm.readText(`/deployments/${id}/events`)
  return [...text.matchAll(/^data: (.*)$/gm)].map(
    ([, data = '']) => JSON.parse(data) as DeploymentEvent,
  )
}

/** How often a release command has written its line. */
async function runs(): Promise<number> {
  const all = await docker.listContainers()
  const { Id = '' } =
    all.find(
      ({ Labels }) =>
        Labels['deploy-receiver.network'] === 'kinds' &&
        Labels['deploy-receiver.app'] === 'migrated',
    ) ?? {}
  const made = await docker
    .getContainer(Id)
    .exec({ Cmd: ['/bin/busybox', 'cat', '/data/runs'], AttachStdout: true })
  const stream = await made.start({})
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString().split('once').length - 1
}
