import { afterAll, beforeAll, expect, test } from 'vitest'
import { outcomeOf } from '../support/outcome.ts'
import { makeNamespace } from '../support/kubernetes-access.ts'
import { manifestOf } from '../support/kubernetes-app.ts'
import { type PrivateKubernetes, startKubernetes } from '../support/kubernetes.ts'
import { openWorkspace } from '../support/workspace.ts'
import { type KubernetesVm, leastRights, startKubernetesVm } from './kubernetes-vm.ts'

const workspace = openWorkspace()
const SH = ['/bin/busybox', 'sh', '-c']
const namespace = 'shop'
const NAMES = ['stateful', 'daemon', 'sidecar', 'chosen']
let cluster: PrivateKubernetes
let vm: KubernetesVm
let one: string
let two: string
let sick: string

beforeAll(async () => {
  cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, namespace)
  vm = await startKubernetesVm(cluster, namespace)
  one = await vm.push('one')
  two = await vm.push('two')
  sick = await vm.push('sick', { broken: true })
  const image = `${vm.repository}:one`
  const other = { name: 'other', image, command: [...SH, 'exec busybox sleep 100000'] }
  await cluster.apply(
    manifestOf({ kind: 'StatefulSet', namespace, name: 'stateful', image }),
    manifestOf({ kind: 'DaemonSet', namespace, name: 'daemon', image }),
    manifestOf({
      namespace,
      name: 'sidecar',
      image,
      replicas: 1,
      pod: { initContainers: [{ name: 'migrate', image, command: [...SH, 'echo prepared'] }] },
    }),
    manifestOf({
      namespace,
      name: 'chosen',
      image,
      replicas: 1,
      pod: { initContainers: [{ ...other, command: [...SH, 'true'] }] },
    }),
  )
  const app = (kubernetes: object) => ({
    engine: 'kubernetes',
    image: vm.repository,
    watch: '1s',
    health: { deadline: '240s' },
    kubernetes: { namespace, ...kubernetes },
  })
  vm.config.apps = {
    stateful: app({ statefulset: 'stateful' }),
    daemon: app({ daemonset: 'daemon' }),
    sidecar: app({ deployment: 'sidecar' }),
    chosen: app({ deployment: 'chosen', container: 'web' }),
  }
  await vm.may([
    ...leastRights(...NAMES),
    { apiGroups: [''], resources: ['pods'], verbs: ['delete'] },
  ])
  for (const each of [
    'statefulset/stateful',
    'daemonset/daemon',
    'deployment/sidecar',
    'deployment/chosen',
  ])
    await vm.kubectl('rollout', 'status', each)
  await vm.start()
})
afterAll(async () => {
  await vm?.close()
  await workspace.close()
  await cluster?.release()
})

const deploy = async (app: string, digest: string) =>
  (await vm.hook({ image: `${vm.repository}@${digest}` }, { app })).deployment
const imagesOf = async (app: string) =>
  (
    await vm.kubectl(
      'get',
      'pods',
      '-l',
      `app=${app}`,
      '-o',
      'jsonpath={..spec.containers[*].image}',
    )
  ).split(' ')

test.for(['stateful', 'daemon'])(
  'a %sset is updated, and goes back from what does not get ready',
  async (app) => {
    const pods = app === 'daemon' ? 1 : 2
    const images = (digest: string) =>
      Array.from({ length: pods }, () => `${vm.repository}@${digest}`)
    expect(outcomeOf(await deploy(app, one))).toBe('succeeded')
    expect(outcomeOf(await deploy(app, two))).toBe('succeeded')
    expect(await imagesOf(app)).toEqual(images(two))
    const failed = await deploy(app, sick)
    expect(failed.status).toBe('failed')
    expect(failed.error?.message).toContain('statuscode: 404')
    await expect.poll(() => imagesOf(app)).toEqual(images(two))
  },
)

test('an init container of the same repository gets the same version', async () => {
  expect(outcomeOf(await deploy('sidecar', two))).toBe('succeeded')
  const path =
    'jsonpath={.spec.template.spec.initContainers[0].image} {.spec.template.spec.containers[0].image}'
  const images = await vm.kubectl('get', 'deployment/sidecar', '-o', path)
  expect(images.split(' ')).toEqual([`${vm.repository}@${two}`, `${vm.repository}@${two}`])
})

test('a container of a name is changed', async () => {
  expect(outcomeOf(await deploy('chosen', two))).toBe('succeeded')
  await expect.poll(() => imagesOf('chosen')).toEqual([`${vm.repository}@${two}`])
})
