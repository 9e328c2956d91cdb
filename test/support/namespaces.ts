import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BRIDGE_FILE } from './clear-away.ts'

/** A machine's own network and name, held by files below a directory. */
export interface Namespaces {
  /** Before a command: runs it there. */
  enter: readonly string[]
  /** Runs a command there, and waits for it. */
  run(...words: string[]): void
}

/** Where machines of a test meet. */
export interface Bridge {
  name: string
  /** `10.213.7.`: what addresses there begin with. */
  prefix: string
  /** This machine's. */
  address: string
}

/** Makes a bridge on this machine. It goes with the directory. */
export function makeBridge(dir: string, kind: string, subnet: string): Bridge {
  const prefix = subnet.slice(0, subnet.lastIndexOf('.') + 1)
  const bridge = { name: `${kind}-${prefix.split('.')[2]}`, prefix, address: `${prefix}1` }
  // by this it is found when nothing else is known any more
  writeFileSync(join(dir, BRIDGE_FILE), bridge.name)
  writeFileSync(join(dir, 'daemon.json'), '{}')
  run('ip', 'link', 'add', bridge.name, 'type', 'bridge')
  run('ip', 'address', 'add', `${bridge.address}/24`, 'dev', bridge.name)
  run('ip', 'link', 'set', bridge.name, 'up')
  return bridge
}

/** Makes what stands for a machine of its own, with an address on a bridge. */
export function makeMachine(
  bridge: Bridge,
  { dir, name, address, link }: { dir: string; name: string; address: string; link: string },
): Namespaces {
  const enter = enterable(dir)
  const there = (...words: string[]) => run(...enter, ...words)
  there('hostname', name)
  there('ip', 'link', 'set', 'lo', 'up')
  // one end is made where it belongs: an interface that is moved may meet another of its name
  const far = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', join(dir, 'net')]
  run('ip', 'link', 'add', link, ...far)
  run('ip', 'link', 'set', link, 'master', bridge.name, 'up')
  there('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0')
  there('ip', 'link', 'set', 'eth0', 'up')
  return { enter, run: there }
}

/** Makes two namespaces that files below `dir` hold. Resolves to how `nsenter` is told of them. */
function enterable(dir: string): readonly string[] {
  mkdirSync(dir, { recursive: true })
  const files = [join(dir, 'net'), join(dir, 'uts')]
  for (const file of files) writeFileSync(file, '')
  const [net, uts] = files
  const flags = [`--net=${net}`, `--uts=${uts}`]
  run('unshare', ...flags, 'true')
  return ['nsenter', ...flags]
}

/** In a namespace the interfaces are its own; where they are looked up says nothing of that. */
export function run(...[command = '', ...words]: readonly string[]): void {
  const PATH = `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`
  execFileSync(command, words, { env: { ...process.env, PATH }, stdio: ['ignore', 'pipe', 'pipe'] })
}
