import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { type PrivateSwarm, startSwarm } from '../support/swarm.ts'
import { openWorkspace } from '../support/workspace.ts'
import { type SwarmVm, startSwarmVm } from './swarm-vm.ts'

const workspace = openWorkspace()
let swarm: PrivateSwarm
let vm: SwarmVm

beforeAll(async () => {
  swarm = await startSwarm(workspace, 3, { managers: 3 })
  const host = swarm.nodes[1]?.host ?? ''
  vm = await startSwarmVm(swarm, 'elected', { port: 8080, host })
  vm.app['replicas'] = 2
  vm.app['watch'] = '2s'
  vm.app['health'] = { path: '/healthz', deadline: '10m' }
  await vm.start()
})
afterAll(async () => {
  await vm?.close()
  await workspace.close()
  await swarm?.release()
})

const read = async (id: string) => (await vm.read(`/deployments/${id}`)) as Deployment
const leader = () =>
  vm.docker('node', 'ls', '--format', '{{.Hostname}} {{.ManagerStatus}}').then(
    (all) => /^(\S+) Leader$/m.exec(all)?.[1],
    () => undefined,
  )

test('a leader that is lost in the midst of a rollout is succeeded, and so is the rollout', async () => {
  const [one, two] = [await vm.push('one'), await vm.push('two')]
  const first = (await vm.hook({ image: `${vm.repository}@${one}` })).deployment
  expect(first.status, JSON.stringify(first.error)).toBe('succeeded')
  expect(await leader()).toBe('node-1')

  const { deployment } = await vm.hook({ image: `${vm.repository}@${two}` }, { wait: 0 })
  await vm.hear(deployment.id, '0 of 2 run the new version')
  await swarm.nodes[0]?.lose()
  await expect
    .poll(async () => (await read(deployment.id)).status, { timeout: 540_000 })
    .toSatisfy((status: Deployment['status']) => isFinal(status))
  const { status, error, steps } = await read(deployment.id)
  console.log(JSON.stringify({ status, error, steps }))
  expect(status, JSON.stringify(error)).toBe('succeeded')
  expect(await leader()).toMatch(/^node-[23]$/)
  expect((await vm.visit()).body).toBe('two\n')
})
