// @module-tag long
import { readdirSync, readFileSync, statSync } from 'node:fs'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import { ask } from '../support/ask.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
const SECRET = 'a password of the first release'
let vm: Vm
let one: string
let two: string

beforeAll(async () => {
  vm = await startVm(stack, 'releases')
  const { api = {} } = vm.config.apps
  vm.config.apps = {
    warm: { ...api, domains: ['warm.test'], warm: '1h' },
    cooling: { ...api, domains: ['cooling.test'], warm: '2s', watch: '200ms', drain: '0s' },
    three: { ...api, domains: ['three.test'], replicas: 3 },
    settled: {
      ...api,
      domains: ['settled.test'],
      environment: { PASSWORD: SECRET, MODE: 'old' },
      privileged: true,
      volumes: ['/etc/hostname:/host:ro'],
    },
  }
  one = await vm.push('one')
  two = await vm.push('two')
  await vm.start()
})
afterAll(() => vm.close())

const hook = async (app: string, body: object) => (await vm.hook(body, { app })).deployment
const deploy = (app: string, digest: string) => hook(app, { image: `${vm.repository}@${digest}` })
const visit = (app: string) =>
  ask({ port: vm.sites, domain: `${app}.test` }).then(({ body }) => body.trim())
const containers = async (app: string) => {
  const all = await docker.listContainers({ all: true })
  return all
    .filter(({ Names }) => Names[0]?.startsWith(`/releases-${app}-`))
    .map(({ Id, State, Names }) => ({ id: Id, name: Names[0], state: State }))
    .toSorted((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
}
const lines = async ({ id }: Deployment) => {
  const { text } = await vm.readText(`/deployments/${id}/events`)
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as DeploymentEvent)
    .flatMap((event) => ('message' in event && event.message ? [event.message] : []))
}

describe('warm', () => {
  test('a rollback to what is warm starts no container, and takes no step that would wait for one', async () => {
    await deploy('warm', one)
    await deploy('warm', two)
    const before = await containers('warm')
    expect(before.map(({ state }) => state)).toEqual(['running', 'running'])
    const back = await hook('warm', { rollback: 'previous' })
    expect(back).toMatchObject({ status: 'succeeded', image: { digest: one } })
    expect(await visit('warm')).toBe('one')
    expect(await containers('warm')).toEqual(before)
    expect((await lines(back)).find((line) => line.includes('still stood'))).toBeDefined()
    const swap = back.steps.findIndex(({ name }) => name === 'swap')
    const toSwap = back.steps.slice(0, swap).map(({ name }) => name)
    expect(toSwap).toEqual(['resolve', 'pull', 'start', 'health'])
    expect(await lines(back)).toContain('was there already')
  })

  test('a receiver started again keeps what is warm', async () => {
    const before = await containers('warm')
    await vm.receiver().stop()
    await vm.start()
    await hook('warm', { rollback: two })
    expect(await containers('warm')).toEqual(before)
    expect(await visit('warm')).toBe('two')
  })

  test('it is stopped when its time is over, and started again by a rollback', async () => {
    await deploy('cooling', one)
    await deploy('cooling', two)
    await waitFor(async () => (await containers('cooling'))[0]?.state === 'exited', {
      what: 'the old one still runs',
    })
    const [kept] = await containers('cooling')
    expect(await hook('cooling', { rollback: one })).toMatchObject({ status: 'succeeded' })
    expect(await visit('cooling')).toBe('one')
    expect((await containers('cooling'))[0]).toMatchObject({ id: kept?.id, state: 'running' })
  })
})

describe('replicas', () => {
  test('three serve, and go on serving when one of them dies', { tags: 'long' }, async () => {
    expect(await deploy('three', one)).toMatchObject({ status: 'succeeded' })
    const running = await containers('three')
    expect(running.map(({ name }) => name)).toEqual([
      expect.stringMatching(/-blue$/),
      expect.stringMatching(/-blue-2$/),
      expect.stringMatching(/-blue-3$/),
    ])
    await docker.getContainer(running[1]?.id ?? '').kill()
    for (let visits = 0; visits < 30; visits++) expect(await visit('three')).toBe('one')
    expect(await deploy('three', two)).toMatchObject({ status: 'succeeded' })
    expect((await containers('three')).map(({ name }) => name)).toEqual([
      expect.stringMatching(/-green$/),
      expect.stringMatching(/-green-2$/),
      expect.stringMatching(/-green-3$/),
    ])
    for (let visits = 0; visits < 30; visits++) expect(await visit('three')).toBe('two')
  })
})

describe('the settings of a release', () => {
  const made = async () => {
    const [container] = await containers('settled')
    const { Config, HostConfig } = await docker.getContainer(container?.id ?? '').inspect()
    const environment = Config.Env.filter((line) => /^(?:PASSWORD|MODE)=/.test(line)).toSorted()
    return [...environment, HostConfig.Privileged, HostConfig.Binds?.length ?? 0]
  }
  const ALL_OF_THEN = ['MODE=old', `PASSWORD=${SECRET}`, true, 1]

  test('come back with a rollback, and never a right or a secret that was taken away since', async () => {
    await deploy('settled', one)
    await deploy('settled', two)
    expect(await made()).toEqual(ALL_OF_THEN)
    const { privileged: _p, volumes: _v, ...settled } = vm.config.apps['settled'] ?? {}
    vm.config.apps['settled'] = {
      ...settled,
      environment: { PASSWORD: 'another password', MODE: 'new' },
    }
    await vm.reload()
    const back = await hook('settled', { rollback: one })
    expect(await made()).toEqual(['MODE=old', 'PASSWORD=another password', false, 0])
    expect((await lines(back))[0]).toContain(
      `with the settings of ${back.settings_of}, and the rights and secrets of now`,
    )
  })

  test('come back as those of the config, or all of them, when that is asked for on the VM', async () => {
    const now = await hook('settled', { rollback: two, current_settings: true })
    expect(await made()).toEqual(['MODE=new', 'PASSWORD=another password', false, 0])
    expect((await lines(now))[0]).toContain('with the current settings')
    const [first] = (
      (await vm.read('/apps/settled/deployments')) as { deployments: Deployment[] }
    ).deployments.toReversed()
    const back = await hook('settled', { rollback: first?.id, release_settings: true })
    expect(await made()).toEqual(ALL_OF_THEN)
    expect((await lines(back))[0]).toContain(`with all settings of ${first?.id}`)
  })

  test('are not to be read in the store', async () => {
    await vm.receiver().stop()
    const data = String(vm.config['data'])
    const files = readdirSync(data).filter((name) => statSync(`${data}/${name}`).isFile())
    expect(files).toContain('settings.key')
    expect(statSync(`${data}/settings.key`).mode & 0o777).toBe(0o600)
    for (const file of files) {
      expect(readFileSync(`${data}/${file}`).includes(SECRET), file).toBe(false)
    }
  })
})
