import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { programs as builtPrograms, type Programs } from '../../script/kubernetes/programs.ts'
import { type KubernetesNode, type NodePlace, startNode } from './kubernetes-node.ts'
import { type Bridge, makeBridge } from './namespaces.ts'
import { freePort, reserveSubnet } from './ports.ts'
import { type Running, startProcess, waitFor } from './processes.ts'
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
  nodes: readonly KubernetesNode[]
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

const PASSWORD = 'a-password-of-the-cluster'

/**
 * Starts etcd, an API server, controllers, a scheduler, and nodes in network namespaces of their own on one bridge. All of it lies below
 * the workspace, and goes with it. There is no DNS in the cluster.
 */
export async function startKubernetes(workspace: Workspace, count = 1): Promise<PrivateKubernetes> {
  const programs = builtPrograms()
  const { subnet, release } = await reserveSubnet()
  const bridge = makeBridge(workspace.folder('bridge'), 'kube', subnet)
  const { address } = bridge
  const registry = await startLoopbackRegistry(workspace, address)
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
    program: programs.kubectl,
    kubectl: (...words) => kubectl(words),
    async apply(...objects) {
      const words = ['apply', '--server-side', '--field-manager=test', '--force-conflicts']
      await kubectl(
        [...words, '-f', '-'],
        objects.map((each) => JSON.stringify(each)).join('\n---\n'),
      )
    },
    async tokenOf(namespace, serviceAccount) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
      const made = await kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(request))
      return (JSON.parse(made) as { status: { token: string } }).status.token
    },
    release,
  }
}

const kubectlWith =
  (program: string, kubeconfig: string) =>
  (words: readonly string[], input = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { maxBuffer: 2 ** 26 }
      const child = execFile(
        program,
        ['--kubeconfig', kubeconfig, ...words],
        options,
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else reject(new Error(`kubectl ${words.join(' ')}: ${stderr}`, { cause: error }))
        },
      )
      child.stdin?.end(input)
    })

/** One that is at the same loopback address here and at each node. */
async function startLoopbackRegistry(
  workspace: Workspace,
  address: string,
): Promise<PrivateRegistry> {
  const dir = workspace.folder('cluster-registry')
  const port = await freePort()
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

async function startControlPlane(
  dir: string,
  address: string,
  programs: Programs,
): Promise<Pick<PrivateKubernetes, 'url' | 'authority' | 'kubeconfig'>> {
  const file = (name: string) => join(dir, name)
  const start = (name: keyof Programs, args: readonly string[]): Promise<Running> =>
    startProcess({ dir, name, command: programs[name], args })
  const port = await freePort()
  const url = `https://${address}:${port}`
  const etcd = `http://127.0.0.1:${await freePort()}`
  const peer = `http://127.0.0.1:${await freePort()}`
  await start('etcd', [
    `--data-dir=${file('etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ])
  const accountKey = file('service-account.key')
  execFileSync('openssl', ['genrsa', '-out', accountKey, '2048'], { stdio: 'pipe' })
  const token = randomBytes(16).toString('hex')
  const tokens = file('tokens.csv')
  writeFileSync(tokens, `${token},admin,admin,system:masters\n`, { mode: 0o600 })
  mkdirSync(file('pki'))
  const apiserver = await start('kube-apiserver', [
    `--etcd-servers=${etcd}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${file('pki')}`,
    `--token-auth-file=${tokens}`,
    '--authorization-mode=RBAC',
    '--allow-privileged',
    '--kubelet-preferred-address-types=InternalIP',
    `--service-account-key-file=${accountKey}`,
    `--service-account-signing-key-file=${accountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.96.0.0/24',
  ])
  const kubeconfig = file('kubeconfig')
  const authority = file('pki/apiserver.crt')
  writeKubeconfig(kubeconfig, { url, authority, token })
  const kubectl = kubectlWith(programs.kubectl, kubeconfig)
  await waitFor(async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok', {
    what: 'the API server is not ready',
    running: apiserver,
    deadlineMs: 300_000,
  })
  const common = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--bind-address=127.0.0.1']
  await start('kube-controller-manager', [
    ...common,
    `--secure-port=${await freePort()}`,
    '--port=0',
    `--cert-dir=${file('controllers')}`,
    `--service-account-private-key-file=${accountKey}`,
    `--root-ca-file=${authority}`,
    // a node that is lost is missed within seconds
    '--node-monitor-grace-period=16s',
  ])
  await start('kube-scheduler', [
    ...common,
    `--secure-port=${await freePort()}`,
    '--port=0',
    `--cert-dir=${file('scheduler')}`,
  ])
  return { url, authority, kubeconfig }
}

/** Writes the file of one who has a token. */
export function writeKubeconfig(
  file: string,
  {
    url,
    authority,
    token,
    namespace,
  }: { url: string; authority: string; token: string; namespace?: string },
): void {
  const context = {
    cluster: 'test',
    user: 'test',
    ...(namespace === undefined ? {} : { namespace }),
  }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': authority } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context }],
    'current-context': 'test',
  }
  writeFileSync(file, stringify(config), { mode: 0o600 })
}
