import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outcomeOf } from '../support/outcome.ts'
import { giveRights, makeNamespace } from '../support/kubernetes-access.ts'
import { manifestOf } from '../support/kubernetes-app.ts'
import { type PrivateKubernetes, startKubernetes } from '../support/kubernetes.ts'
import { freePort } from '../support/ports.ts'
import { openWorkspace } from '../support/workspace.ts'
import { type KubernetesVm, leastRights, startKubernetesVm } from './kubernetes-vm.ts'

const workspace = openWorkspace()
const namespace = 'shop'
const CUT_MS = 1000
let cluster: PrivateKubernetes
let vm: KubernetesVm
let wire: Awaited<ReturnType<typeof startWire>>
let one: string
let two: string

beforeAll(async () => {
  cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, namespace)
  wire = await startWire(cluster)
  vm = await startKubernetesVm(cluster, namespace)
  vm.app['health'] = { deadline: '240s' }
  vm.env['KUBECONFIG'] = await giveRights(
    { ...cluster, url: wire.url },
    { dir: vm.dir, namespace, name: 'deploy-receiver', rules: leastRights('api') },
  )
  one = await vm.push('one')
  two = await vm.push('two')
  // slow enough for something to happen in between
  const container = {
    readinessProbe: { tcpSocket: { port: 8000 }, initialDelaySeconds: 5, periodSeconds: 1 },
  }
  await cluster.apply(
    manifestOf({ namespace, name: 'api', image: `${vm.repository}:one`, container }),
  )
  await vm.kubectl('rollout', 'status', 'deployment/api')
  await vm.start()
  expect(outcomeOf(await vm.deploy(one))).toBe('succeeded')
})
afterAll(async () => {
  await vm?.close()
  wire?.close()
  await workspace.close()
  await cluster?.release()
})

/** A way to the API whose connections can be cut. */
async function startWire({ url }: PrivateKubernetes) {
  // its certificate is for this address
  const { hostname: address, port: to } = new URL(url)
  const port = await freePort()
  const open = new Set<Socket>()
  const counts = { cut: 0 }
  const server = createServer((near) => {
    const far = connect(Number(to), address)
    for (const each of [near, far]) {
      open.add(each)
      each
        .on('error', () => {})
        .on('close', () => {
          open.delete(each)
          near.destroy()
          far.destroy()
        })
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(port, address, resolve))
  return {
    url: `https://${address}:${port}`,
    counts,
    cut() {
      counts.cut += open.size
      for (const each of open) each.destroy()
    },
    close() {
      server.close()
      for (const each of open) each.destroy()
    },
  }
}

/** Begins a deployment; what it comes to is asked for later. */
const begin = async (digest: string) =>
  (await vm.hook({ image: `${vm.repository}@${digest}` }, { wait: 0 })).deployment
const endOf = async (id: string) => {
  const ended = async () => (await vm.read(`/deployments/${id}`)) as { status: string }
  await expect.poll(async () => (await ended()).status).toMatch(/^(succeeded|failed)$/)
  return ended()
}

test('an autoscaler that changes the number of replicas in the middle stays in charge', async () => {
  const { id } = await begin(two)
  await vm.hear(id, 'rollout')
  // without a metrics server it still holds to its minimum
  await cluster.apply({
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { namespace, name: 'api' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
      minReplicas: 4,
      maxReplicas: 5,
      targetCPUUtilizationPercentage: 80,
    },
  })
  const replicas = () => vm.kubectl('get', 'deployment/api', '-o', 'jsonpath={.spec.replicas}')
  await expect.poll(replicas).toBe('4')
  expect(outcomeOf(await endOf(id))).toBe('succeeded')
  expect(await replicas()).toBe('4')
  expect(outcomeOf(await vm.deploy(one))).toBe('succeeded')
  expect(await replicas()).toBe('4')
  await vm.kubectl('delete', 'hpa', 'api')
  await vm.kubectl('scale', 'deployment/api', '--replicas=2')
  await vm.kubectl('rollout', 'status', 'deployment/api')
})

test('a watch that is cut every second costs nothing but connections', async () => {
  const timer = setInterval(wire.cut, CUT_MS)
  try {
    expect(outcomeOf(await vm.deploy(two))).toBe('succeeded')
    expect(outcomeOf(await vm.deploy(one))).toBe('succeeded')
  } finally {
    clearInterval(timer)
  }
  expect(wire.counts.cut).toBeGreaterThan(5)
})

test('a node that is drained in the middle holds it up, with the scheduler’s words, until there is one again', async () => {
  const node = cluster.nodes[0]?.name ?? ''
  const { id } = await begin(two)
  await vm.hear(id, 'rollout')
  await vm.kubectl('drain', node, '--ignore-daemonsets', '--timeout=120s')
  await vm.hear(id, 'unschedulable')
  await vm.kubectl('uncordon', node)
  expect(outcomeOf(await endOf(id))).toBe('succeeded')
})
