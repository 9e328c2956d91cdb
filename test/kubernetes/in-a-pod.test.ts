import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { bundleReceiver } from '../../script/package/bundle.ts'
import { makeExecutable } from '../../script/package/executable.ts'
import { makeImageContext } from '../../script/package/image.ts'
import { readEpoch, readManifest, ROOT } from '../../script/package/making.ts'
import { writeNotices } from '../../script/package/notices.ts'
import { makeNamespace } from '../support/kubernetes-access.ts'
import { manifestOf } from '../support/kubernetes-app.ts'
import { type PrivateKubernetes, startKubernetes } from '../support/kubernetes.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { openWorkspace } from '../support/workspace.ts'

const workspace = openWorkspace()
const namespace = 'shop'
const isOwn = process.env['DEPLOY_ACTION_CLUSTER'] === undefined
let cluster: PrivateKubernetes
let repository: string
let one: string
let two: string

const kubectl = (...words: string[]) => cluster.kubectl('--namespace', namespace, ...words)
const inPod = (...words: string[]) => kubectl('exec', 'deploy/deploy-receiver', '--', ...words)
const isThere = () => kubectl('rollout', 'status', 'deployment/deploy-receiver')
const imageOf = () =>
  kubectl('get', 'deployment/web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')

// into the nodes of one that stood before its image comes in another way
beforeAll(async () => {
  if (!isOwn) return
  cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, namespace)
  const [node] = cluster.nodes
  await buildImage(node?.engine?.host ?? '')
  repository = `${cluster.registry.host}/acme/web`
  const push = (version: string) =>
    pushTiny({ image: `${repository}:${version}`, version, login: cluster.registry })
  one = await push('one')
  two = await push('two')
  await cluster.apply(
    manifestOf({ namespace, name: 'web', image: `${repository}:one`, replicas: 1 }),
    volumeAt(workspace.folder('data-of-the-pod'), node?.name ?? ''),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace, name: 'deploy-receiver' },
      stringData: { REGISTRY_PASSWORD: cluster.registry.password },
    },
  )
  await cluster.kubectl('apply', '-k', exampleIn(workspace.folder('example')))
  await isThere()
})
afterAll(async () => {
  await workspace.close()
  await cluster?.release()
})

/** The image that ships, on an engine. */
async function buildImage(host: string): Promise<void> {
  const out = workspace.folder('out')
  const manifest = await readManifest()
  const modules = await bundleReceiver(join(out, 'receiver'), manifest.version)
  const making = { out, manifest, epoch: await readEpoch(), modules }
  await writeNotices(making)
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
  await makeExecutable(arch, making)
  await makeImageContext([arch], making)
  const file = join(ROOT, 'install/Dockerfile')
  const words = ['build', '--quiet', '--network', 'none', '-t', 'deploy-receiver:test', '-f', file]
  const env = { ...process.env, DOCKER_HOST: host }
  await promisify(execFile)('docker', [...words, join(out, 'image')], { env })
}

/** Somewhere on a node: whose it is, is said by the pod. */
const volumeAt = (path: string, node: string): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'data' },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    local: { path },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          {
            matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }],
          },
        ],
      },
    },
  },
})

/** The example as a user has it, with what is of this cluster: the image, the registry, which is on the node's loopback. */
function exampleIn(dir: string): string {
  cpSync(join(ROOT, 'examples/kubernetes'), dir, { recursive: true })
  edit(join(dir, 'kustomization.yaml'), (is) => ({
    ...is,
    namespace,
    images: [{ name: 'deploy-receiver', newName: 'deploy-receiver', newTag: 'test' }],
  }))
  edit(join(dir, 'deployment.yaml'), (is) => {
    const { spec } = is as { spec: { template: { spec: Record<string, unknown> } } }
    spec.template.spec['hostNetwork'] = true
    return is
  })
  edit(join(dir, 'config.yaml'), ({ apps, ...is }) => ({
    ...is,
    registries: {
      [cluster.registry.host]: {
        username: cluster.registry.username,
        password: '${REGISTRY_PASSWORD}',
      },
    },
    apps: { web: { ...(apps as { web: object }).web, image: repository, watch: '1s' } },
  }))
  return dir
}

function edit(
  file: string,
  change: (is: Record<string, unknown>) => Record<string, unknown>,
): void {
  const is = parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  writeFileSync(file, stringify(change(is)))
}

test.skipIf(!isOwn)(
  'the receiver in a pod, as nobody and on a read-only root, deploys with its service account alone',
  async () => {
    expect((await inPod('/bin/busybox', 'id', '-u')).trim()).toBe('10001')
    await expect(inPod('/bin/busybox', 'touch', '/there')).rejects.toThrow(/Read-only file system/)
    // of a name that is not there it says so, and ends with 1
    const said = await inPod('/bin/sh', '-c', 'deploy-receiver doctor || true')
    expect(said).not.toContain('others can')
    expect(said).toContain('the cluster lets the receiver do all that it has to')
    await inPod('deploy-receiver', 'deploy', 'web', one)
    expect(await imageOf()).toBe(`${repository}@${one}`)
    await inPod('deploy-receiver', 'deploy', 'web', two)
    expect(await imageOf()).toBe(`${repository}@${two}`)
  },
)

test.skipIf(!isOwn)('another pod of it has what the one before knew', async () => {
  await kubectl('delete', 'pod', '--selector', 'app.kubernetes.io/name=deploy-receiver')
  await isThere()
  await inPod('deploy-receiver', 'rollback', 'web', '--yes')
  expect(await imageOf()).toBe(`${repository}@${one}`)
  expect(await inPod('deploy-receiver', 'history', 'web')).toContain('rollback')
})
