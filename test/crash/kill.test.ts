// @module-tag long
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { allTheWhile } from '../support/all-the-while.ts'
import { freePort } from '../support/ports.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
let vm: Vm
let digests: string[]

beforeAll(async () => {
  vm = await startVm(stack, 'crash')
  digests = [await vm.push('0'), await vm.push('1')]
  await vm.start()
  expect((await vm.deploy(digests[0] ?? '')).status).toBe('succeeded')
})
afterAll(() => vm.close())

const running = async () =>
  (await docker.listContainers({ all: true }))
    .filter(({ Labels }) => Labels['deploy-receiver.network'] === 'crash')
    .map(({ Labels, State }) => `${Labels['deploy-receiver.deployment']} ${State}`)

const deployment = async (id: string) => (await vm.read(`/deployments/${id}`)) as Deployment

/** When the receiver dies, and the event that says that it is time. */
type Moment = readonly [string, string?]
const MOMENTS: Moment[] = [
  ['its container starts', '"step":"start"'],
  ['it is live', '"type":"live"'],
]
const FURTHER: Moment[] = [
  ['it is accepted'],
  ['its health is probed', '"step":"health"'],
  ['the old one drains', '"step":"drain"'],
]

const TITLE = 'killed when %s, it goes on where it was, and users see nothing'
test.for(MOMENTS)(TITLE, goesOn)
test.for(FURTHER)(TITLE, { tags: 'long' }, goesOn)

async function goesOn([, event]: Moment): Promise<void> {
  const next = (await vm.visit()).body === '0\n' ? 1 : 0
  const failures: string[] = []
  const visits = allTheWhile(async () => {
    const reply = await vm.visit().catch((error: unknown) => ({ status: 0, body: String(error) }))
    if (reply.status !== 200)
      failures.push(`${new Date().toISOString()} ${reply.status} ${reply.body.slice(0, 60)}`)
  })

  const { deployment: accepted } = await vm.hook(
    { image: `${vm.repository}@${digests[next]}` },
    { wait: 0 },
  )
  if (event !== undefined) await vm.hear(accepted.id, event)
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
  await vm.start()
  await expect.poll(async () => isFinal((await deployment(accepted.id)).status)).toBe(true)
  await visits.stop()

  expect((await deployment(accepted.id)).status).toBe('succeeded')
  expect(failures).toEqual([])
  expect(await vm.visit()).toEqual({ status: 200, body: `${next}\n` })
  expect(await running()).toEqual([`${accepted.id} running`])
}

test('a stop and a start of the receiver touch neither the container nor Nginx', async () => {
  const before = await running()
  const { pid } = vm.nginx
  await vm.receiver().stop()
  expect((await vm.visit()).status).toBe(200)
  await vm.start()
  expect(await running()).toEqual(before)
  expect(vm.nginx.pid).toBe(pid)
})

test('a live container that someone stopped while the receiver was away is started again', async () => {
  await vm.receiver().stop()
  const [container] = await docker.listContainers({
    filters: { label: ['deploy-receiver.network=crash'] },
  })
  await docker.getContainer(container?.Id ?? '').stop({ t: 0 })
  await vm.start()
  await expect.poll(async () => (await vm.visit()).status).toBe(200)
})

test('a second receiver on the same data directory is refused', async () => {
  const first = vm.receiver()
  const config = {
    ...vm.config,
    listen: '127.0.0.1:1',
    admin: `127.0.0.1:${await freePort()}`,
    socket: `${vm.dir}/other.sock`,
  }
  const { startReceiver } = await import('../support/receiver.ts')
  await expect(
    startReceiver({
      config,
      dir: `${vm.dir}/second`,
      env: { DOCKER_HOST: stack.dockerHost, REGISTRY_PASSWORD: stack.registry.password },
    }),
  ).rejects.toThrow(/is in use: another deploy-receiver runs on this data directory/)
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200)
})
