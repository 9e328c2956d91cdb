import type { PrivateEngine } from './dockerd.ts'
import { manifestOf, nodePortOf } from './kubernetes-app.ts'
import { makeNamespace } from './kubernetes-access.ts'
import { startKubernetes } from './kubernetes.ts'
import { freePort } from './ports.ts'
import type { AppSettings } from './receiver-config.ts'
import type { PrivateRegistry } from './registry.ts'
import { startSwarm } from './swarm.ts'
import { pushTiny } from './tiny-image.ts'
import type { Workspace } from './workspace.ts'

/** What runs an app on several machines, and the registry that these reach. */
export interface StackOrchestrator {
  /** Of the machine that the receiver is on, or of the first of the cluster. */
  engine: PrivateEngine
  registry: PrivateRegistry
  /** What the receiver has to know of it. */
  env: Readonly<Record<string, string>>
  /** The settings of an app there, in place of those of one in slots. */
  run(app: AppSettings): Promise<AppSettings>
  release(): Promise<void>
}

export const startOrchestrator = (
  engine: 'swarm' | 'kubernetes',
  workspace: Workspace,
): Promise<StackOrchestrator> =>
  engine === 'swarm' ? threeEngines(workspace) : oneCluster(workspace)

/** A task on each node of a swarm, which is healthy when it says so itself. */
async function threeEngines(workspace: Workspace): Promise<StackOrchestrator> {
  const { nodes, registry, release } = await startSwarm(workspace, 3)
  const [engine] = nodes
  if (engine === undefined) throw new Error('a swarm has one node at least')
  return {
    engine,
    registry,
    env: {},
    run: async ({ drain: _drain, ...app }) => ({
      ...app,
      engine: 'swarm',
      port: 8000,
      replicas: nodes.length,
      stop_grace_period: '6s',
      healthcheck: { test: ['CMD', 'node', '-e', IS_HEALTHY], interval: '1s', retries: 3 },
      health: { path: '/healthz', deadline: '2m' },
      swarm: {
        publish: {
          port: await freePort(),
          mode: 'host',
          nodes: nodes.map(({ address }) => address),
        },
      },
    }),
    release,
  }
}

const IS_HEALTHY =
  "fetch('http://127.0.0.1:8000/healthz').then(async (answer) => { console.log(answer.status, await answer.text()); process.exit(answer.ok ? 0 : 1) })"

const NAMESPACE = 'demo'
const NODE_PORT = 30080
/** A node hears of a pod's end later than the pod. */
const PAUSE = ['node', '-e', 'setTimeout(() => {}, 2000)']

/** Three pods of a Deployment that its owner made, behind a port of the node. */
async function oneCluster(workspace: Workspace): Promise<StackOrchestrator> {
  const cluster = await startKubernetes(workspace)
  const { registry, kubeconfig, nodes, release } = cluster
  const [node] = nodes
  if (node?.engine === undefined) throw new Error('the cluster has no engine of its own')
  return {
    engine: node.engine,
    registry,
    env: { KUBECONFIG: kubeconfig },
    async run({ image, auth, domains, watch }) {
      await makeNamespace(cluster, NAMESPACE)
      // what stands before the first deployment
      const before = `${image}:before`
      await pushTiny({ image: before, version: 'before', login: registry })
      await cluster.apply(
        manifestOf({
          namespace: NAMESPACE,
          name: 'hello',
          image: before,
          replicas: 3,
          pod: { terminationGracePeriodSeconds: 10 },
          container: { lifecycle: { preStop: { exec: { command: PAUSE } } } },
        }),
        nodePortOf({ namespace: NAMESPACE, name: 'hello', port: NODE_PORT }),
      )
      return {
        image,
        auth,
        domains,
        watch,
        engine: 'kubernetes',
        health: { path: '/healthz', deadline: '2m' },
        kubernetes: {
          namespace: NAMESPACE,
          deployment: 'hello',
          publish: { port: NODE_PORT, nodes: [node.address] },
        },
      }
    },
    release,
  }
}
