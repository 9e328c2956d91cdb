import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { type PrivateSwarm, startSwarm } from '../support/swarm.ts'
import { openWorkspace } from '../support/workspace.ts'
import { type SwarmVm, startSwarmVm } from './swarm-vm.ts'
import { underLoad } from './updates-under-load.ts'

const workspace = openWorkspace()
let swarm: PrivateSwarm
let vm: SwarmVm

beforeAll(async () => {
  swarm = await startSwarm(workspace, 4)
  vm = await startSwarmVm(swarm, 'lost', { port: 8080 })
  vm.app['replicas'] = 3
  vm.app['watch'] = '2s'
  vm.app['health'] = { path: '/healthz', deadline: '10m' }
  await vm.start()
})
afterAll(async () => {
  await vm?.close()
  await workspace.close()
  await swarm?.release()
})

/** Names of the nodes on which the swarm has its tasks run. */
const nodesNow = async () =>
  (
    await vm.docker(
      'service',
      'ps',
      'lost-api',
      '--filter',
      'desired-state=running',
      '--format',
      '{{.Node}} {{.CurrentState}}',
    )
  )
    .split('\n')
    .flatMap((line) => (/^(\S+) Running/.exec(line) ?? [])[1] ?? [])
    .toSorted()

test('a node that is lost in the midst of a rollout has its task run elsewhere', async () => {
  const [one, two] = [await vm.push('one'), await vm.push('two')]
  const first = (await vm.hook({ image: `${vm.repository}@${one}` })).deployment
  expect(first.status, JSON.stringify(first.error)).toBe('succeeded')
  const before = await nodesNow()
  expect(new Set(before).size).toBe(3)
  const lost = swarm.nodes.findLast(({ name }) => before.includes(name))
  expect(lost?.name).not.toBe('node-1')

  const { deployment } = await vm.hook({ image: `${vm.repository}@${two}` }, { wait: 0 })
  await vm.hear(deployment.id, '0 of 3 run the new version')
  const met = await underLoad({ port: vm.sites, domain: 'api.test' }, async () => {
    await lost?.lose()
    await expect
      .poll(async () => (await read(deployment.id)).status, { timeout: 540_000 })
      .toSatisfy((status: Deployment['status']) => isFinal(status))
  })
  const { status, error, steps } = await read(deployment.id)
  console.log(JSON.stringify({ status, error, steps, met }))
  expect(status, JSON.stringify(error)).toBe('succeeded')
  const nodes = await nodesNow()
  expect(nodes).toHaveLength(3)
  expect(nodes).not.toContain(lost?.name)
  expect((await vm.visit()).body).toBe('two\n')
  // those to the machine that is gone are answered by another, later
  expect(met.failed, met.reasons.join('\n')).toBeLessThan(met.requests / 20)
})

const read = async (id: string) => (await vm.read(`/deployments/${id}`)) as Deployment
