// node test/swarm/left-behind.ts: starts a swarm, says where, and is killed.
import { startSwarm } from '../support/swarm.ts'
import { openWorkspace } from '../support/workspace.ts'

const workspace = openWorkspace()
const { address } = await startSwarm(workspace, 2)
console.log(JSON.stringify({ dir: workspace.dir, address }))
// until it is killed
setInterval(() => {}, 1000)
