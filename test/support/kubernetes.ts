import { join } from 'node:path'
import { programs as builtPrograms } from '../../script/kubernetes/programs.ts'
import type { PrivateEngine } from './dockerd.ts'
import { kubectlWith } from './kubectl.ts'
import { startControlPlane } from './kubernetes-control.ts'
import { type NodePlace, startNode } from './kubernetes-node.ts'
import { type Bridge, makeBridge } from './namespaces.ts'
import { freePort, reserveSubnet } from './ports.ts'
import { startProcess, waitFor } from './processes.ts'
import { type PrivateRegistry, startRegistry } from './registry.ts'
import type { Workspace } from './workspace.ts'

/** A real cluster of its own, with a registry that asks for a password. Whoever is on this machine reaches its pods. */
export interface PrivateKubernetes {
  /** This machine's, for who runs in the cluster: its API, and servers of tests. */
  address: string
  /** Of the API. */
  url: string
  /** PEM file of who vouches for it. */
  authority: string
  /** File of one who may do everything. */
  kubeconfig: string
  /** On loopback, also for the nodes' engines. */
  registry: PrivateRegistry
  nodes: readonly ClusterNode[]
  /** The program. */
  program: string
  /** Runs kubectl as one who may do everything. Resolves to what it printed; rejects with its own words. */
  kubectl(...words: string[]): Promise<string>
  /** Has these objects be there, by server-side apply of a field manager called `test`. */
  apply(...objects: readonly object[]): Promise<void>
  /** One of a service account's, which is as good as it. */
  tokenOf(namespace: string, serviceAccount: string): Promise<string>
  /** Gives the addresses back, after the workspace was closed. */
  release(): Promise<void>
}

export interface ClusterNode {
  name: string
  /** Where node ports are. */
  address: string
  /** Absent of a cluster that stood already. */
  engine?: PrivateEngine
}

const PASSWORD = 'a-password-of-the-cluster'

/**
 * Starts a cluster, or takes the one that `DEPLOY_ACTION_CLUSTER` describes. Whatever it starts lies below the workspace, and goes with it.
 * There may be no DNS in the cluster.
 */
export async function startKubernetes(workspace: Workspace, count = 1): Promise<PrivateKubernetes> {
  const given = process.env['DEPLOY_ACTION_CLUSTER']
  return given === undefined
    ? startOwn(workspace, count)
    : takeGiven(workspace, JSON.parse(given) as Given)
}

/**
 * Starts etcd, an API server, controllers, a scheduler, and nodes in network namespaces of their own on one bridge.
 */
async function startOwn(workspace: Workspace, count: number): Promise<PrivateKubernetes> {
  const programs = builtPrograms()
  const { subnet, release } = await reserveSubnet()
  const bridge = makeBridge(workspace.folder('bridge'), 'kube', subnet)
  const { address } = bridge
  const registry = await startLoopbackRegistry(workspace, address, await freePort())
  const control = await startControlPlane(workspace.folder('control'), address, programs)
  const { kubeconfig } = control
  const kubectl = kubectlWith(programs.kubectl, kubeconfig)
  const nodes = await Promise.all(
    placesOf(workspace, bridge, count).map((place) =>
      startNode(place, { bridge, programs, kubeconfig, registry }),
    ),
  )
  const names = nodes.map(({ name }) => `node/${name}`)
  for (const { kubelet } of nodes) {
    await waitFor(() => kubectl(['wait', '--for=condition=Ready', ...names, '--timeout=5s']), {
      what: 'not all nodes are ready',
      running: kubelet,
      deadlineMs: 300_000,
    })
  }
  // pods wait for it
  await waitFor(() => kubectl(['get', 'serviceaccount', 'default']), {
    what: 'the controllers made no service account',
  })
  return {
    address,
    ...control,
    registry,
    nodes,
    ...byKubectl(programs.kubectl, kubeconfig),
    release,
  }
}

/** A cluster that stands, as one of kind does. */
interface Given {
  /** Of one who may do everything, with files beside it. */
  kubeconfig: string
  /** PEM file. */
  authority: string
  /** This machine's, as the cluster's nodes reach it. */
  address: string
  /** Its nodes take 127.0.0.1 with this port for the same port of that address, without TLS. */
  registryPort: number
}

/** Takes a cluster that stands, and removes what tests before left there. */
async function takeGiven(workspace: Workspace, given: Given): Promise<PrivateKubernetes> {
  const { kubeconfig, authority, address, registryPort } = given
  const by = byKubectl('kubectl', kubeconfig)
  const { kubectl } = by
  await kubectl('delete', 'namespace', '--selector', OF_TESTS, '--wait')
  const seen = await kubectl('get', 'nodes', '-o', 'json')
  const { items } = JSON.parse(seen) as {
    items: { metadata: { name: string }; status: { addresses: { address: string }[] } }[]
  }
  return {
    address,
    url: await kubectl('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}'),
    authority,
    registry: await startLoopbackRegistry(workspace, address, registryPort),
    nodes: items.map(({ metadata, status }) => ({
      name: metadata.name,
      address: status.addresses[0]?.address ?? '',
    })),
    ...by,
    release: async () => {},
  }
}

/** Label of namespaces that are of tests. */
export const OF_TESTS = 'of=deploy-action-tests'

function byKubectl(
  program: string,
  kubeconfig: string,
): Pick<PrivateKubernetes, 'kubeconfig' | 'program' | 'kubectl' | 'apply' | 'tokenOf'> {
  const kubectl = kubectlWith(program, kubeconfig)
  return {
    kubeconfig,
    program,
    kubectl: (...words) => kubectl(words),
    async apply(...objects) {
      const words = ['apply', '--server-side', '--field-manager=test', '--force-conflicts']
      const list = { apiVersion: 'v1', kind: 'List', items: objects }
      await kubectl([...words, '-f', '-'], JSON.stringify(list))
    },
    async tokenOf(namespace, serviceAccount) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
      const made = await kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(request))
      return (JSON.parse(made) as { status: { token: string } }).status.token
    },
  }
}

/** One that is at the same loopback address here and at each node. */
async function startLoopbackRegistry(
  workspace: Workspace,
  address: string,
  port: number,
): Promise<PrivateRegistry> {
  const dir = workspace.folder('cluster-registry')
  const login = { username: 'acme', password: PASSWORD }
  const registry = await startRegistry({ dir, ...login, address, port })
  const forward = join(import.meta.dirname, 'forward.ts')
  const args = [forward, String(port), address]
  await startProcess({ dir, name: 'forward', command: process.execPath, args })
  return Object.assign(registry, { host: `127.0.0.1:${port}` })
}

function placesOf(workspace: Workspace, bridge: Bridge, count: number): NodePlace[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`
    const [, , network] = bridge.prefix.split('.')
    return {
      name,
      dir: workspace.folder(name),
      address: `${bridge.prefix}${11 + index}`,
      link: `${bridge.name}-${index + 1}`,
      pods: `10.${214 + index}.${network}`,
    }
  })
}
