import { afterAll, beforeAll } from 'vitest'
import type { KubernetesApp } from '../../receiver/core/app.ts'
import type { DelegatedPorts } from '../../receiver/core/delegated/ports.ts'
import { createDelegatedRollout } from '../../receiver/core/delegated/rollout.ts'
import { systemClock } from '../../receiver/edges/clock.ts'
import { createKubernetes } from '../../receiver/edges/kubernetes/kubernetes.ts'
import { rolloutContract, type RolloutWorld } from '../contracts/rollout.ts'
import { createFakeWorld } from '../support/fake-world.ts'
import { INSTALLATION } from '../support/home.ts'
import { makeNamespace } from '../support/kubernetes-access.ts'
import { KUBERNETES_APP, manifestOf } from '../support/kubernetes-app.ts'
import { type PrivateKubernetes, startKubernetes } from '../support/kubernetes.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { openWorkspace } from '../support/workspace.ts'

const NAMESPACE = 'rollout'
const workspace = openWorkspace()
let cluster: PrivateKubernetes
let repository: string
let digests: RolloutWorld['digests']
let worlds = 0

beforeAll(async () => {
  cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, NAMESPACE)
  repository = `${cluster.registry.host}/acme/rollout`
  const push = (version: string, options: { broken?: boolean } = {}) =>
    pushTiny({ image: `${repository}:${version}`, version, login: cluster.registry, ...options })
  digests = {
    one: await push('one'),
    two: await push('two'),
    broken: await push('broken', { broken: true }),
  }
})
afterAll(async () => {
  await workspace.close()
  await cluster?.release()
})

rolloutContract('an orchestrator that is a cluster', async () => {
  const world = createFakeWorld()
  const name = `api-${++worlds}`
  const kubectl = (...words: string[]) => cluster.kubectl('--namespace', NAMESPACE, ...words)
  // what its owner has there, which nobody has deployed
  await cluster.apply(
    manifestOf({ namespace: NAMESPACE, name, image: `${repository}:one`, replicas: 1 }),
  )
  await kubectl('rollout', 'status', `deployment/${name}`)
  const app: KubernetesApp = {
    ...KUBERNETES_APP,
    name,
    image: { repository, tag: 'one' },
    health: { ...KUBERNETES_APP.health, deadlineMs: 60_000 },
    watchMs: 2000,
    kubernetes: { namespace: NAMESPACE, workload: { kind: 'deployment', name } },
  }
  const orchestrator = createKubernetes({
    installation: INSTALLATION.id,
    isOurs: ({ generation, deployment, app: of }) =>
      world.ports.journal.find(of, generation)?.deployment.id === deployment,
    environment: { KUBECONFIG: cluster.kubeconfig },
    clock: systemClock,
  })
  const ports: DelegatedPorts<KubernetesApp> = {
    ...world.ports,
    clock: systemClock,
    orchestrator,
    visitors: {
      show: async () => ({ warnings: [] }),
      arrive: async () => {},
      letIn: () => {},
      ask: async () => undefined,
    },
  }
  return {
    app,
    rollout: createDelegatedRollout(ports),
    books: ports,
    digests,
    accept({ id, digest }) {
      world.store.add({
        id,
        app: name,
        action: 'deploy',
        status: 'queued',
        image: { repository, digest },
        source: {},
        created_at: systemClock.now(),
        steps: [],
      })
    },
    async served() {
      const { image, updated, wanted, old } = await orchestrator.status(app)
      return updated < wanted || old > 0 ? undefined : image?.split('@')[1]
    },
    meddle: async () => void (await kubectl('delete', 'pod', '-l', `app=${name}`)),
    async close() {
      orchestrator.close()
      await kubectl('delete', 'deployment', name)
    },
  }
})
