import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDockerd } from '../support/dockerd.ts'
import { startNginx } from '../support/nginx.ts'
import { reserveSubnet } from '../support/ports.ts'
import { startRegistry } from '../support/registry.ts'
import { openWorkspace } from '../support/workspace.ts'

/** What is printed: where to look for what is left. */
export interface Abandoned {
  dir: string
  dockerd: number
  /** Paths that are there for as long as what they stand for. */
  traces: Record<'dir' | 'dockerd' | 'registry' | 'nginx' | 'shim' | 'container' | 'bridge', string>
}

// Leaves an engine with a container on a bridge network, a registry and an Nginx behind, for whoever kills this process
// to see them vanish.
const workspace = openWorkspace()
const [{ docker, pid: dockerd }, registry, nginx] = await Promise.all([
  startDockerd({ dir: workspace.folder('engine') }),
  startRegistry({ dir: workspace.folder('registry'), username: 'acme', password: 'a-secret' }),
  startNginx({ dir: workspace.folder('nginx') }),
])
const { subnet } = await reserveSubnet()
const network = await docker.createNetwork({
  Name: 'left',
  IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
})
const image = join(workspace.dir, 'image.tar')
execFileSync('tar', ['--create', '--file', image, '--directory', '/', 'bin/busybox'])
const importing = await docker.importImage(image, { repo: 'busybox' })
await new Promise((resolve) => docker.modem.followProgress(importing, resolve))
const container = await docker.createContainer({
  Image: 'busybox',
  Cmd: ['/bin/busybox', 'sleep', '100000'],
  HostConfig: { NetworkMode: 'left' },
})
await container.start()
const { Pid } = (await container.inspect()).State
const [shim = ''] = /(?<=^PPid:\s+)\d+$/m.exec(readFileSync(`/proc/${Pid}/status`, 'utf8')) ?? []

const program = (pid: number | string) => `/proc/${pid}/exe`
const left: Abandoned = {
  dir: workspace.dir,
  dockerd,
  traces: {
    dir: workspace.dir,
    dockerd: program(dockerd),
    registry: program(registry.pid),
    nginx: program(nginx.pid),
    shim: program(shim),
    container: program(Pid),
    bridge: `/sys/class/net/br-${network.id.slice(0, 12)}`,
  },
}
console.log(JSON.stringify(left))
setInterval(() => undefined, 60_000)
