// @module-tag long
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { type PrivateEngine, startDockerd } from '../support/dockerd.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

// an engine of its own: it is killed
let workspace: Workspace
let engine: PrivateEngine
let vm: Vm
let first: string
const FURTHER = 'behind-further'

beforeAll(async () => {
  workspace = openWorkspace()
  engine = await startDockerd({ dir: workspace.folder('engine') })
  vm = await startVm({ ...inject('stack'), dockerHost: engine.host }, 'behind')
  await engine.docker.createNetwork({ Name: FURTHER, Driver: 'bridge' })
  const { api = {} } = vm.config.apps
  vm.config.apps = {
    ...vm.config.apps,
    api: { ...api, networks: { [FURTHER]: { aliases: ['web'] } } },
  }
  first = await vm.push('one')
  await vm.start()
  expect(await vm.deploy(first)).toMatchObject({ status: 'succeeded' })
})
afterAll(async () => {
  await vm.close()
  await engine.stop()
  await workspace.close()
})
beforeEach(serves)

async function serves(): Promise<void> {
  await waitFor(async () => (await vm.visit()).status === 200, { what: 'nobody serves' })
}

const ours = async () => {
  const [container, ...others] = await engine.docker.listContainers({ all: true })
  expect(others).toEqual([])
  return engine.docker.getContainer(container?.Id ?? '')
}
/** Lines of the receiver's log that say so. */
const said = (text: string) =>
  vm
    .receiver()
    .log(1000)
    .split('\n')
    .filter((line) => line.includes(text)).length
const hears = (text: string, times = 1) =>
  waitFor(() => said(text) >= times, { what: `the log does not say: ${text}` })

test('a live container that someone stopped runs again', async () => {
  await (await ours()).stop({ t: 0 })
  await serves()
  await hears('someone stopped the live container')
  await hears('a live container does not run: starting it')
})

test('one that someone removed is made anew', async () => {
  await (await ours()).remove({ force: true })
  await serves()
  await hears('someone removed the live container')
  await hears('a live container is gone: making it again')
})

test('one that someone killed, which no restart policy brings back, runs again', async () => {
  await (await ours()).kill()
  await serves()
  await hears('a docker kill')
})

test('one that someone paused goes on', async () => {
  await (await ours()).pause()
  await serves()
  await hears('someone paused the live container')
})

test('one that someone took off its network gets its address back', async () => {
  const network = engine.docker.getNetwork('behind')
  await network.disconnect({ Container: (await ours()).id })
  await serves()
  await hears('someone took the live container off a network')
})

/** Who is on the further network alone, and asks there for the app by a name. */
async function visitAs(name: string): Promise<number> {
  const visitor = await engine.docker.createContainer({
    Image: `${vm.repository}@${first}`,
    Cmd: ['/bin/busybox', 'wget', '-q', '-O', '-', `http://${name}:8000/`],
    HostConfig: { NetworkMode: FURTHER },
  })
  try {
    await visitor.start()
    return ((await visitor.wait()) as { StatusCode: number }).StatusCode
  } finally {
    await visitor.remove({ force: true })
  }
}

test('one that someone took off a further network is found there again by its names, and never stopped', async () => {
  const container = await ours()
  const { State } = await container.inspect()
  await engine.docker.getNetwork(FURTHER).disconnect({ Container: container.id })
  await hears('a live container is off a network: joining it again')
  for (const name of ['api', 'web']) {
    await waitFor(async () => (await visitAs(name)) === 0, { what: `${name} is not found` })
  }
  expect((await container.inspect()).State.StartedAt).toBe(State.StartedAt)
})

test('one that ends by itself is brought back by its restart policy, and that is reported', async () => {
  const before = said('starting it')
  const container = await ours()
  process.kill((await container.inspect()).State.Pid, 'SIGKILL')
  await hears('the live container exited')
  await serves()
  expect((await container.inspect()).RestartCount).toBe(1)
  expect(said('starting it')).toBe(before)
})

test('when the engine is killed and started again, what was live serves again', async () => {
  await engine.restart('SIGKILL')
  await serves()
})

test('when the engine is killed in the middle of a deployment, that ends truly, and one container serves', async () => {
  const digest = await vm.push('two')
  const { deployment } = await vm.hook({ image: `${vm.repository}@${digest}` }, { wait: 0 })
  const read = async () => (await vm.read(`/deployments/${deployment.id}`)) as Deployment
  await waitFor(async () => (await read()).steps.some(({ name }) => name === 'start'), {
    what: 'it did not start',
  })
  await engine.restart('SIGKILL')
  await waitFor(async () => isFinal((await read()).status), { what: 'it has no final status' })
  await serves()
  const { status } = await read()
  expect((await vm.visit()).body).toBe(status === 'succeeded' ? 'two\n' : 'one\n')
  await waitFor(async () => (await engine.docker.listContainers({ all: true })).length === 1, {
    what: 'there is more than one container',
  })
})

test('with no receiver running, a restart of the engine brings it back at its address', async () => {
  await vm.receiver().stop()
  await engine.restart('SIGTERM')
  await serves()
})
