import { startDockerd } from '../support/dockerd.ts'
import { reserveSubnet } from '../support/ports.ts'
import { startRegistry } from '../support/registry.ts'
import { openWorkspace } from '../support/workspace.ts'

// Leaves an engine with a bridge network and a registry behind, for whoever kills this process to see them vanish.
const workspace = openWorkspace()
const { docker, pid } = await startDockerd({ dir: workspace.folder('engine') })
await startRegistry({ dir: workspace.folder('registry'), username: 'acme', password: 'a-secret' })
const { subnet } = await reserveSubnet()
const network = await docker.createNetwork({
  Name: 'left',
  IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
})
console.log(JSON.stringify({ dir: workspace.dir, pid, bridge: `br-${network.id.slice(0, 12)}` }))
setInterval(() => undefined, 60_000)
