// node script/kubernetes/cluster.ts: starts a real cluster of one node to try things at, and ends it with Ctrl-C.
import { once } from 'node:events'
import { makeNamespace } from '../../test/support/kubernetes-access.ts'
import { startKubernetes } from '../../test/support/kubernetes.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { buildPrograms } from './programs.ts'

buildPrograms()
const workspace = openWorkspace()
try {
  const cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, 'shop')
  const { kubeconfig, registry, nodes, program } = cluster
  console.log(`KUBECONFIG=${kubeconfig}
kubectl:   ${program}
namespace: shop, which may pull from the registry
registry:  ${registry.host}, ${registry.username}:${registry.password}
engine:    ${nodes.map(({ engine }) => engine?.host).join(' ')}
Ctrl-C ends it.`)
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)))
} finally {
  await workspace.close()
}
process.exit()
