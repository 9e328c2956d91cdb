import { afterAll, beforeAll, expect, test } from 'vitest'
import { outcomeOf } from '../support/outcome.ts'
import { makeNamespace } from '../support/kubernetes-access.ts'
import { manifestOf, nodePortOf } from '../support/kubernetes-app.ts'
import { type PrivateKubernetes, startKubernetes } from '../support/kubernetes.ts'
import { openWorkspace } from '../support/workspace.ts'
import { type Met, underLoad } from '../swarm/updates-under-load.ts'
import { type KubernetesVm, startKubernetesVm } from './kubernetes-vm.ts'

/** Rollouts under load. */
const UPDATES = Number(process.env['KUBERNETES_UPDATES'] ?? 20)
const HALF_AN_HOUR_MS = 30 * 60_000
const PORT = 30080
const namespace = 'shop'

const workspace = openWorkspace()
let cluster: PrivateKubernetes
let vm: KubernetesVm
let digests: string[]

beforeAll(async () => {
  cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, namespace)
  vm = await startKubernetesVm(cluster, namespace, { publish: PORT })
  vm.app['health'] = { path: '/healthz', deadline: '5m' }
  digests = [await vm.push('one'), await vm.push('two')]
  const image = `${vm.repository}:one`
  // as docs/kubernetes.md has it
  const container = {
    lifecycle: { preStop: { exec: { command: ['/bin/busybox', 'sleep', '5'] } } },
  }
  const pod = { terminationGracePeriodSeconds: 8 }
  await cluster.apply(
    manifestOf({ namespace, name: 'api', image, replicas: 3, container, pod }),
    nodePortOf({ namespace, name: 'api', port: PORT }),
  )
  await vm.kubectl('rollout', 'status', 'deployment/api')
  await vm.start()
})
afterAll(async () => {
  await vm?.close()
  await workspace.close()
  await cluster?.release()
})

const rowOf = (name: string, { requests, failed, longestGapMs }: Met) =>
  `| ${name} | ${UPDATES} | ${requests} | ${failed} | ${Math.round(longestGapMs)} |`

test(
  'few or no requests are lost while versions replace each other behind Nginx',
  { timeout: HALF_AN_HOUR_MS },
  async () => {
    expect(outcomeOf(await vm.deploy(digests[0] ?? ''))).toBe('succeeded')
    const site = { port: vm.sites, domain: 'api.test' }
    const met = await underLoad(site, async () => {
      for (let index = 1; index <= UPDATES; index++) {
        const { status, error } = await vm.deploy(digests[index % 2] ?? '')
        expect(status, JSON.stringify(error)).toBe('succeeded')
      }
    })
    console.log(`| | rollouts | requests | failed | longest gap, ms |
| --- | --: | --: | --: | --: |
${rowOf('deploy-receiver', met)}`)
    expect(met.requests).toBeGreaterThan(100)
    expect(met.failed, met.reasons.join('\n')).toBeLessThanOrEqual(met.requests / 1000)
  },
)
