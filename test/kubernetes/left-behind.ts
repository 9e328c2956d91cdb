// node test/kubernetes/left-behind.ts: starts a cluster that runs a pod, says where, and is killed.
import { makeNamespace } from '../support/kubernetes-access.ts'
import { startKubernetes } from '../support/kubernetes.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { openWorkspace } from '../support/workspace.ts'

const workspace = openWorkspace()
const cluster = await startKubernetes(workspace)
await makeNamespace(cluster, 'shop')
const image = `${cluster.registry.host}/acme/api:one`
await pushTiny({ image, version: 'one', login: cluster.registry })
await cluster.apply({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'api', namespace: 'shop' },
  spec: { containers: [{ name: 'api', image }] },
})
await cluster.kubectl('-n', 'shop', 'wait', '--for=condition=Ready', 'pod/api', '--timeout=300s')
console.log(JSON.stringify({ dir: workspace.dir, address: cluster.address }))
// until it is killed
setInterval(() => {}, 1000)
