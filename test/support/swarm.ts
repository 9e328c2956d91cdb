import type Docker from 'dockerode'
import { type PrivateEngine, startDockerd } from './dockerd.ts'
import { type Bridge, makeBridge, makeMachine, run } from './namespaces.ts'
import { freePort, reserveSubnet } from './ports.ts'
import { waitFor } from './processes.ts'
import { type PrivateRegistry, startRegistry } from './registry.ts'
import type { Workspace } from './workspace.ts'

/** Engines that are one swarm, each with an address and a name of its own, and a registry that asks for a password. */
export interface PrivateSwarm {
  /** Of the bridge on this machine, where the nodes find what runs here. */
  address: string
  registry: PrivateRegistry
  /** The first is a manager, and leads. */
  nodes: readonly SwarmNode[]
  /** The manager's. */
  docker: Docker
  dockerHost: string
  /** Gives the addresses back, after the workspace was closed. */
  release(): Promise<void>
}

export interface SwarmNode extends PrivateEngine {
  /** `node-1`. */
  name: string
  /** Where its ports are published in host mode, reachable from this machine. */
  address: string
  /** Its machine is gone: nothing of it answers any more. */
  lose(): Promise<void>
}

const SECOND_NS = 1_000_000_000
const PASSWORD = 'a-password-of-the-swarm'

/**
 * Starts engines in network and UTS namespaces of their own, on one bridge, and joins them. All of it lies below the workspace, and goes
 * with it.
 */
export async function startSwarm(
  workspace: Workspace,
  count: number,
  { managers = 1 }: { managers?: number } = {},
): Promise<PrivateSwarm> {
  const { subnet, release } = await reserveSubnet()
  const bridge = makeBridge(workspace.folder('bridge'), 'swarm', subnet)
  const { address, prefix } = bridge
  const places = Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`
    const dir = workspace.folder(name)
    return { name, dir, address: `${prefix}${11 + index}`, link: `${bridge.name}-${index + 1}` }
  })
  const registry = await startRegistry({
    dir: workspace.folder('swarm-registry'),
    username: 'acme',
    password: PASSWORD,
    address,
    port: await freePort(),
  })
  const nodes = await Promise.all(places.map((place) => startNode(place, bridge, registry.host)))
  const [manager] = nodes
  if (manager === undefined) throw new Error('a swarm has one node at least')
  await joinAll(nodes, managers)
  return {
    address,
    registry,
    nodes,
    docker: manager.docker,
    dockerHost: manager.host,
    release,
  }
}

interface Place {
  name: string
  dir: string
  address: string
  /** Of its end on the bridge. */
  link: string
}

/** One engine. What it publishes goes through its firewall, which no other engine sees. */
async function startNode(place: Place, bridge: Bridge, registry: string): Promise<SwarmNode> {
  const { name, dir, address, link } = place
  const { enter } = makeMachine(bridge, place)
  const engine = await startDockerd({
    dir,
    within: enter,
    args: ['--bridge=', '--iptables=true', '--ip-forward=true', `--insecure-registry=${registry}`],
  })
  return Object.assign(engine, {
    name,
    address,
    async lose() {
      run('ip', 'link', 'set', link, 'down')
      process.kill(engine.pid, 'SIGKILL')
    },
  })
}

async function joinAll(
  [manager, ...others]: readonly SwarmNode[],
  managers: number,
): Promise<void> {
  if (manager === undefined) return
  await manager.docker.swarmInit({
    ListenAddr: `${manager.address}:2377`,
    AdvertiseAddr: manager.address,
    // a node that is lost is missed within seconds
    Spec: { Dispatcher: { HeartbeatPeriod: SECOND_NS } },
  })
  const { JoinTokens } = (await manager.docker.swarmInspect()) as {
    JoinTokens: { Worker: string; Manager: string }
  }
  for (const [index, { docker, address }] of others.entries()) {
    await docker.swarmJoin({
      ListenAddr: `${address}:2377`,
      AdvertiseAddr: address,
      RemoteAddrs: [`${manager.address}:2377`],
      JoinToken: index + 1 < managers ? JoinTokens.Manager : JoinTokens.Worker,
    })
  }
  await waitFor(
    async () => {
      const all = (await manager.docker.listNodes()) as { Status?: { State?: string } }[]
      return all.filter(({ Status }) => Status?.State === 'ready').length > others.length
    },
    { what: 'not all nodes are ready' },
  )
}
