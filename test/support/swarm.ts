import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { BRIDGE_FILE } from './clear-away.ts'
import { type PrivateEngine, startDockerd } from './dockerd.ts'
import { freePort, reserveSubnet } from './ports.ts'
import { waitFor } from './processes.ts'
import { type PrivateRegistry, startRegistry } from './registry.ts'
import type { Workspace } from './workspace.ts'

/** Engines that are one swarm, each with an address and a name of its own, and a registry that asks for a password. */
export interface PrivateSwarm {
  /** Of the bridge on this machine, where the nodes find what runs here. */
  address: string
  registry: PrivateRegistry
  /** The first is the manager. */
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
export async function startSwarm(workspace: Workspace, count: number): Promise<PrivateSwarm> {
  const { subnet, release } = await reserveSubnet()
  const prefix = subnet.slice(0, subnet.lastIndexOf('.') + 1)
  const address = `${prefix}1`
  const bridge = `swarm-${prefix.split('.')[2]}`
  const places = Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`
    const dir = workspace.folder(name)
    // by this it is found when nothing else is known any more
    writeFileSync(join(dir, BRIDGE_FILE), bridge)
    writeFileSync(join(dir, 'daemon.json'), '{}')
    return { name, dir, address: `${prefix}${11 + index}`, link: `${bridge}-${index + 1}` }
  })
  ip('link', 'add', bridge, 'type', 'bridge')
  ip('address', 'add', `${address}/24`, 'dev', bridge)
  ip('link', 'set', bridge, 'up')
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
  await joinAll(nodes)
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
async function startNode(
  { name, dir, address, link }: Place,
  bridge: string,
  registry: string,
): Promise<SwarmNode> {
  const inside = enterable(dir)
  const there = (...words: string[]) => run('nsenter', ...inside, ...words)
  there('hostname', name)
  there('ip', 'link', 'set', 'lo', 'up')
  // one end is made where it belongs: an interface that is moved may meet another of its name
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', join(dir, 'net'))
  ip('link', 'set', link, 'master', bridge, 'up')
  there('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0')
  there('ip', 'link', 'set', 'eth0', 'up')
  const engine = await startDockerd({
    dir,
    within: ['nsenter', ...inside],
    args: ['--bridge=', '--iptables=true', '--ip-forward=true', `--insecure-registry=${registry}`],
  })
  return Object.assign(engine, {
    name,
    address,
    async lose() {
      ip('link', 'set', link, 'down')
      process.kill(engine.pid, 'SIGKILL')
    },
  })
}

/** Makes two namespaces that files below `dir` hold. Resolves to how `nsenter` is told of them. */
function enterable(dir: string): string[] {
  mkdirSync(dir, { recursive: true })
  const files = [join(dir, 'net'), join(dir, 'uts')]
  for (const file of files) writeFileSync(file, '')
  const [net, uts] = files
  const flags = [`--net=${net}`, `--uts=${uts}`]
  run('unshare', ...flags, 'true')
  return flags
}

async function joinAll([manager, ...workers]: readonly SwarmNode[]): Promise<void> {
  if (manager === undefined) return
  await manager.docker.swarmInit({
    ListenAddr: `${manager.address}:2377`,
    AdvertiseAddr: manager.address,
    // a node that is lost is missed within seconds
    Spec: { Dispatcher: { HeartbeatPeriod: SECOND_NS } },
  })
  const { JoinTokens } = (await manager.docker.swarmInspect()) as {
    JoinTokens: { Worker: string }
  }
  for (const { docker, address } of workers) {
    await docker.swarmJoin({
      ListenAddr: `${address}:2377`,
      AdvertiseAddr: address,
      RemoteAddrs: [`${manager.address}:2377`],
      JoinToken: JoinTokens.Worker,
    })
  }
  await waitFor(
    async () => {
      const all = (await manager.docker.listNodes()) as { Status?: { State?: string } }[]
      return all.filter(({ Status }) => Status?.State === 'ready').length > workers.length
    },
    { what: 'not all nodes are ready' },
  )
}

const ip = (...words: string[]) => run('ip', ...words)

/** In a namespace the interfaces are its own; where they are looked up says nothing of that. */
function run(command: string, ...words: string[]): void {
  const PATH = `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`
  execFileSync(command, words, { env: { ...process.env, PATH }, stdio: ['ignore', 'pipe', 'pipe'] })
}
