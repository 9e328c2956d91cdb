import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { outcomeOf } from '../support/outcome.ts'
import { makeNamespace } from '../support/kubernetes-access.ts'
import { manifestOf, nodePortOf } from '../support/kubernetes-app.ts'
import { type PrivateKubernetes, startKubernetes } from '../support/kubernetes.ts'
import { openWorkspace } from '../support/workspace.ts'
import { jobRights, type KubernetesVm, leastRights, startKubernetesVm } from './kubernetes-vm.ts'

const workspace = openWorkspace()
const SH = ['/bin/busybox', 'sh', '-c']
const PORT = 30080
const namespace = 'shop'
let cluster: PrivateKubernetes
let vm: KubernetesVm
let one: string
let two: string
let crash: string

beforeAll(async () => {
  cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, namespace)
  vm = await startKubernetesVm(cluster, namespace, { publish: PORT })
  one = await vm.push('one')
  two = await vm.push('two')
  crash = await vm.push('crash', { config: { Cmd: [...SH, 'echo no database; exit 7'] } })
  const image = `${vm.repository}:one`
  const container = { env: [{ name: 'KEY', value: 'of the manifest' }] }
  await cluster.apply(
    manifestOf({ namespace, name: 'api', image, container }),
    nodePortOf({ namespace, name: 'api', port: PORT }),
  )
  await vm.kubectl('rollout', 'status', 'deployment/api')
  await vm.start()
})
afterAll(async () => {
  await vm?.close()
  await workspace.close()
  await cluster?.release()
})

const deploy = (digest: string) => vm.deploy(digest)
const imageOf = (workload = 'deployment/api') =>
  vm.kubectl('get', workload, '-o', 'jsonpath={.spec.template.spec.containers[0].image}')
/** What is told of a deployment, on one line. */
const said = async ({ id }: Deployment) => (await vm.cli('show', id)).stdout.replaceAll(/\s+/g, ' ')

test('the first deployment changes the image of what its owner made, by digest, and nothing else', async () => {
  const before = JSON.parse(await vm.kubectl('get', 'deployment/api', '-o', 'json')) as Manifest
  const { status, steps } = await deploy(one)
  expect(status).toBe('succeeded')
  expect(steps.map(({ name }) => name)).toEqual(['resolve', 'apply', 'rollout', 'watch'])
  const after = JSON.parse(await vm.kubectl('get', 'deployment/api', '-o', 'json')) as Manifest
  const [container] = before.spec.template.spec.containers
  expect(after.spec).toEqual({
    ...before.spec,
    template: {
      metadata: { ...before.spec.template.metadata, annotations: expect.any(Object) },
      spec: {
        ...before.spec.template.spec,
        containers: [{ ...container, image: `${vm.repository}@${one}` }],
      },
    },
  })
  expect(after.metadata.annotations['kubernetes.io/change-cause']).toContain(one)
  expect((await vm.visit()).body).toBe('one\n')
})

interface Manifest {
  metadata: { annotations: Record<string, string> }
  spec: { template: { metadata: object; spec: { containers: object[] } } }
}

test('an update is followed until all of it runs, and names who managed the image before', async () => {
  const done = await deploy(two)
  expect([done.status, done.previous?.digest]).toEqual(['succeeded', one])
  expect((await vm.visit()).body).toBe('two\n')
  expect(await vm.kubectl('rollout', 'history', 'deployment/api')).toContain(two)
})

test('one that crashes is taken back, and told with what the container before printed', async () => {
  const { status, error, live_at } = await deploy(crash)
  expect([status, live_at]).toEqual(['failed', undefined])
  expect(error).toMatchObject({ code: 'exited', log: ['no database'] })
  expect(error?.message).toMatch(/^on \S+: pod api-\S+, container web: .*\(exit code 7\)/)
  expect((await vm.visit()).body).toBe('two\n')
  expect(await imageOf()).toBe(`${vm.repository}@${two}`)
})

test('a rollback brings the version before back, and stays', async () => {
  expect(await vm.cli('rollback', 'api')).toMatchObject({ code: 0 })
  expect((await vm.visit()).body).toBe('one\n')
})

test('a release command needs a right of its own, which the error names; with it, it runs as a Job', async () => {
  vm.app['release'] = [...SH, 'echo "migrated with $$KEY"']
  await vm.reload()
  const without = await deploy(two)
  expect(without.error?.code).toBe('forbidden')
  expect(`${without.error?.message} ${without.error?.hint}`).toContain(
    'resources: [jobs], verbs: [create]',
  )
  await vm.may([...leastRights('api'), ...jobRights()])
  const good = await deploy(two)
  expect([good.status, good.steps[1]?.name]).toEqual(['succeeded', 'release'])
  await vm.hear(good.id, 'migrated with of the manifest')
  vm.app['release'] = [...SH, 'echo cannot migrate; exit 3']
  await vm.reload()
  const { error } = await deploy(one)
  expect(error).toMatchObject({ code: 'release_failed', log: ['cannot migrate'] })
  expect(error?.message).toContain('exited with code 3')
  expect((await vm.visit()).body).toBe('two\n')
  await expect.poll(() => vm.kubectl('get', 'jobs', '-o', 'name')).toBe('')
  delete vm.app['release']
  await vm.reload()
})

test('run has the environment of the workload, and the exit status of the command', async () => {
  const { code, stdout } = await vm.cli('run', 'api', '--', ...SH, 'echo "$KEY"; exit 5')
  expect([code, stdout]).toEqual([5, 'of the manifest\n'])
  await expect.poll(() => vm.kubectl('get', 'jobs', '-o', 'name')).toBe('')
})

test('logs, status, plan and doctor know it', async () => {
  await vm.visit('/index.html?seen-in-its-log')
  await expect
    .poll(async () => (await vm.cli('logs', 'api', '-n', '100')).stdout)
    .toContain('/index.html')
  expect((await vm.cli('status')).stdout).toMatch(/\napi +sha256:\w+ .* api\.test\n/)
  expect((await vm.cli('plan', 'api', two)).stdout).toMatch(/resolve[^]*apply[^]*rollout[^]*watch/)
  expect((await vm.cli('doctor')).stdout).toContain('api')
})

test('one that somebody edits by kubectl stands, is told of, and is gone over by the next deployment', async () => {
  const theirs = `${vm.repository}@${one}`
  await vm.kubectl('set', 'image', 'deployment/api', `web=${theirs}`)
  await vm.kubectl('rollout', 'status', 'deployment/api')
  await expect.poll(async () => (await vm.cli('status')).stdout).toContain('somebody')
  expect(await imageOf()).toBe(theirs)
  const done = await deploy(two)
  expect(outcomeOf(done)).toBe('succeeded')
  expect(await said(done)).toContain('kubectl')
})

test('one that is led to another workload says what is left behind, and is deployed there', async () => {
  await cluster.apply(manifestOf({ namespace, name: 'web', image: `${vm.repository}:one` }))
  await vm.kubectl('rollout', 'status', 'deployment/web')
  await vm.may(leastRights('api', 'web'))
  Object.assign(vm.app['kubernetes'] as object, { deployment: 'web' })
  await vm.reload()
  const leaves = 'api is live in deployment/api of the namespace shop, and the config leads to'
  const { stdout, stderr } = await vm.cli('reload')
  expect(stdout + stderr).toContain(leaves)
  await expect.poll(async () => (await vm.cli('status')).stdout).toContain(leaves)
  const done = await deploy(one)
  expect(outcomeOf(done)).toBe('succeeded')
  await vm.hear(done.id, `warning: ${leaves}`)
  expect(await imageOf('deployment/web')).toBe(`${vm.repository}@${one}`)
  expect(await imageOf()).toBe(`${vm.repository}@${two}`)
  await expect.poll(async () => (await vm.cli('status')).stdout).not.toContain(leaves)
})
