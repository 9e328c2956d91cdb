import { join } from 'node:path'
import { writeKubeconfig } from './kubectl.ts'
import { OF_TESTS, type PrivateKubernetes } from './kubernetes.ts'

/** A rule of a Role. */
export interface Rule {
  apiGroups: readonly string[]
  resources: readonly string[]
  resourceNames?: readonly string[]
  verbs: readonly string[]
}

/** Makes a namespace whose pods can pull from the cluster's registry. */
export async function makeNamespace(cluster: PrivateKubernetes, name: string): Promise<void> {
  const { host, username, password } = cluster.registry
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const metadata = { namespace: name }
  const [label = '', value] = OF_TESTS.split('=')
  await cluster.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [label]: value } } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...metadata, name: 'registry' },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { auth } } }) },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { ...metadata, name: 'default' },
      imagePullSecrets: [{ name: 'registry' }],
    },
  )
}

/** Has a service account with these rights alone. Again, it has others. Resolves to the file of a kubeconfig that has its token. */
export async function giveRights(
  cluster: PrivateKubernetes,
  {
    dir,
    namespace,
    name,
    rules,
  }: { dir: string; namespace: string; name: string; rules: readonly Rule[] },
): Promise<string> {
  const metadata = { namespace, name }
  const rbac = 'rbac.authorization.k8s.io'
  await cluster.apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', namespace, name }],
    },
  )
  const kubeconfig = join(dir, `${namespace}-${name}.kubeconfig`)
  const { url, authority } = cluster
  const token = await cluster.tokenOf(namespace, name)
  writeKubeconfig(kubeconfig, { url, authority, token, namespace })
  return kubeconfig
}
