// @module-tag long
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { ask } from '../support/ask.ts'
import { operate } from '../support/operator.ts'
import type { ImageConfig } from '../support/tiny-image.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
const NETWORK = 'kept-data'
let vm: Vm
const digests: Record<string, string> = {}

/** Each start of a container adds a line to what visitors read at /data/log. */
const keeping = (version: string): ImageConfig => ({
  Volumes: { '/www/data/': {} },
  Cmd: [
    '/bin/busybox',
    'sh',
    '-c',
    `echo ${version} >>/www/data/log; exec /bin/busybox httpd -f -p 8000 -h /www`,
  ],
})

beforeAll(async () => {
  vm = await startVm(stack, NETWORK)
  const { api = {} } = vm.config.apps
  const quick = { ...api, stop_grace_period: '0s', watch: '300ms', drain: '300ms' }
  vm.config.apps = {
    api: quick,
    aged: { ...quick, domains: ['aged.test'] },
    warm: { ...quick, domains: ['warm.test'], warm: '1h' },
    forgets: { ...quick, domains: ['forgets.test'], tmpfs: ['/www/data'] },
  }
  for (const version of ['one', 'two']) {
    digests[version] = await vm.push(version, { config: keeping(version) })
  }
  await vm.start()
  expect(await hook(image('one'))).toMatchObject({ status: 'succeeded' })
})
afterAll(async () => {
  await vm.close()
  const { Volumes } = await docker.listVolumes({
    filters: { label: [`deploy-receiver.network=${NETWORK}`] },
  })
  for (const { Name } of Volumes) await docker.getVolume(Name).remove()
})

const image = (version: string) => ({ image: `${vm.repository}@${digests[version]}` })
const hook = async (body: object, app = 'api') => (await vm.hook(body, { app })).deployment
const log = async (app = 'api') =>
  (await ask({ port: vm.sites, domain: `${app}.test` }, { path: '/data/log' })).body
    .trim()
    .split('\n')
const volumesOf = async (app = 'api') =>
  (
    (await vm.read(`/apps/${app}`)) as {
      volumes: { path: string; replica: number; volume: string }[]
    }
  ).volumes
const containersOf = async (app: string) => {
  const label = [`deploy-receiver.network=${NETWORK}`, `deploy-receiver.app=${app}`]
  return docker.listContainers({ all: true, filters: { label } })
}
const volumeNames = async () => (await docker.listVolumes()).Volumes.map(({ Name }) => Name)

const run = (...words: string[]) => operate([...words, '--config', join(vm.dir, 'config.yaml')])

describe('what an image has in a VOLUME', () => {
  test('is there after a deployment, a redeployment and a rollback, to the last byte', async () => {
    const lines = ['one']
    expect(await log()).toEqual(lines)
    for (const [body, starts] of [
      [image('two'), 'two'],
      [image('two'), 'two'],
      [{ rollback: 'previous' }, 'one'],
      [image('two'), 'two'],
    ] as const) {
      expect(await hook(body)).toMatchObject({ status: 'succeeded' })
      expect(await log()).toEqual([...lines, starts])
      lines.push(starts)
    }
  })

  test('is named in the line of the step, in status, and by the labels of its volume', async () => {
    const [kept] = await volumesOf()
    expect(kept).toMatchObject({ path: '/www/data', replica: 1 })
    const volume = kept?.volume ?? ''
    const { live } = (await vm.read('/apps/api')) as { live: Deployment }
    const { text } = await vm.readText(`/deployments/${live.id}/events`)
    const line = `/www/data is kept in the volume ${volume}`
    expect(text).toContain(line)
    expect((await run('status', 'api')).stdout).toContain(`api: ${line}`)
    const { Labels } = await docker.getVolume(volume).inspect()
    expect(Labels).toMatchObject({
      'deploy-receiver.network': NETWORK,
      'deploy-receiver.app': 'api',
      'deploy-receiver.path': '/www/data',
      'deploy-receiver.replica': '1',
    })
  })

  const TITLE = 'is there after a receiver that was killed in the step %s'
  test.for(['start', 'pull', 'health', 'swap', 'watch', 'retire'])(TITLE, outlives)

  async function outlives(step: string): Promise<void> {
    const before = await log()
    const next = before.at(-1) === 'one' ? 'two' : 'one'
    const { deployment } = await vm.hook(image(next), { wait: 0 })
    const read = async () => (await vm.read(`/deployments/${deployment.id}`)) as Deployment
    await vm.hear(deployment.id, `"step":"${step}"`)
    vm.receiver().kill('SIGKILL')
    await vm.receiver().exited
    await vm.start()
    await expect.poll(async () => (await read()).status).toBe('succeeded')
    const after = await log()
    expect(after.slice(0, before.length)).toEqual(before)
    // a container that ran when the receiver came back was not started twice
    expect(after.slice(before.length)).toEqual([next])
  }

  test('fails a deployment with warm, before anything is started', async () => {
    expect(await hook(image('one'), 'warm')).toMatchObject({
      status: 'failed',
      error: { code: 'warm_refused', message: expect.stringContaining('/www/data') },
    })
    expect(await containersOf('warm')).toEqual([])
  })

  test('is not kept where a tmpfs covers it, and leaves no volume behind', async () => {
    await hook(image('one'), 'forgets')
    const [first] = await containersOf('forgets')
    const mounted = (first?.Mounts ?? []).flatMap(({ Name }) => Name ?? [])
    await hook(image('two'), 'forgets')
    expect(await log('forgets')).toEqual(['two'])
    expect(await volumesOf('forgets')).toEqual([])
    const left = await volumeNames()
    expect(mounted.filter((name) => left.includes(name))).toEqual([])
  })
})

describe('the data of a container that an older version made', () => {
  /** The live container as it would have been made without a word of VOLUMEs, and nothing on record. */
  async function age(): Promise<string> {
    await vm.receiver().stop()
    const [live] = await containersOf('aged')
    const Id = live?.Id ?? ''
    const { Name, Config, HostConfig, NetworkSettings } = await docker.getContainer(Id).inspect()
    const { IPAMConfig } = NetworkSettings.Networks[NETWORK] ?? {}
    await docker.getContainer(Id).remove({ force: true })
    const { 'deploy-receiver.volumes': _, ...Labels } = Config.Labels
    const { Mounts: __, ...host } = HostConfig
    const made = await docker.createContainer({
      ...Config,
      name: Name.slice(1),
      Labels,
      HostConfig: host,
      NetworkingConfig: { EndpointsConfig: { [NETWORK]: { IPAMConfig: IPAMConfig ?? {} } } },
    })
    await made.start()
    const database = new DatabaseSync(join(String(vm.config['data']), 'deploy-receiver.db'))
    database.exec(
      `DELETE FROM volumes WHERE app = 'aged'; DELETE FROM recreated WHERE app = 'aged'`,
    )
    database.close()
    await vm.start()
    const { Mounts } = await made.inspect()
    return Mounts[0]?.Name ?? ''
  }

  test('is taken over, and is there for every release after it', async () => {
    await hook(image('one'), 'aged')
    const volume = await age()
    expect(volume).toMatch(/^[0-9a-f]{64}$/)
    await expect.poll(() => log('aged').catch(() => [])).toEqual(['one'])
    await hook(image('two'), 'aged')
    expect(await log('aged')).toEqual(['one', 'two'])
    expect(await volumesOf('aged')).toEqual([{ path: '/www/data', replica: 1, volume }])
    await hook({ rollback: 'previous' }, 'aged')
    expect(await log('aged')).toEqual(['one', 'two', 'one'])
  })

  test('goes with the app only when that is asked for', async () => {
    const [kept] = await volumesOf('aged')
    const volume = kept?.volume ?? ''
    delete vm.config.apps['aged']
    await vm.reload()
    expect((await run('remove', 'aged')).stdout).toContain(
      `kept     volume ${volume}: --volumes deletes it`,
    )
    expect(await containersOf('aged')).toEqual([])
    expect(await volumeNames()).toContain(volume)
    expect((await run('remove', 'aged', '--volumes')).stdout).toContain(`removed  volume ${volume}`)
    expect(await volumeNames()).not.toContain(volume)
    expect((await run('remove', 'aged', '--volumes')).stderr).toContain(
      'there is nothing of an app',
    )
  })
})
