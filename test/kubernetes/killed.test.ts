import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { outcomeOf } from '../support/outcome.ts'
import { makeNamespace } from '../support/kubernetes-access.ts'
import { manifestOf } from '../support/kubernetes-app.ts'
import { type PrivateKubernetes, startKubernetes } from '../support/kubernetes.ts'
import { openWorkspace } from '../support/workspace.ts'
import { jobRights, type KubernetesVm, leastRights, startKubernetesVm } from './kubernetes-vm.ts'

const workspace = openWorkspace()
const SH = ['/bin/busybox', 'sh', '-c']
const namespace = 'shop'
let cluster: PrivateKubernetes
let vm: KubernetesVm
let crash: string
/** What runs, and what is deployed next. */
let [live, next] = ['', '']

beforeAll(async () => {
  cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, namespace)
  vm = await startKubernetesVm(cluster, namespace)
  vm.app['health'] = { deadline: '240s' }
  vm.app['release'] = [...SH, 'echo migrating; busybox sleep 2; echo migrated']
  await vm.may([...leastRights('api'), ...jobRights()])
  live = await vm.push('one')
  next = await vm.push('two')
  crash = await vm.push('crash', { config: { Cmd: [...SH, 'echo no database; exit 7'] } })
  await cluster.apply(manifestOf({ namespace, name: 'api', image: `${vm.repository}:one` }))
  await vm.kubectl('rollout', 'status', 'deployment/api')
  await vm.start()
  expect(outcomeOf(await vm.deploy(live))).toBe('succeeded')
})
afterAll(async () => {
  await vm?.close()
  await workspace.close()
  await cluster?.release()
})

const begins = (step: string) => `"step":"${step}","status":"running"`
const ends = (step: string, status = 'succeeded') => `"step":"${step}","status":"${status}"`

/** Ends the receiver as soon as a deployment has come to something, and starts it again. */
async function dieAt(id: string, moment: string): Promise<void> {
  await vm.hear(id, moment)
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
  await vm.start()
}

async function deployAndDieAt(digest: string, moment: string): Promise<Deployment> {
  const { id } = (await vm.hook({ image: `${vm.repository}@${digest}` }, { wait: 0 })).deployment
  await dieAt(id, moment)
  const look = async () => (await vm.read(`/deployments/${id}`)) as Deployment
  await expect.poll(async () => (await look()).status).toMatch(/^(succeeded|failed)$/)
  return look()
}

/** Images of the app's pods, those that leave included. */
const imagesOf = async () => {
  const path = 'jsonpath={..spec.containers[*].image}'
  return (await vm.kubectl('get', 'pods', '-l', 'app=api', '-o', path)).split(' ')
}

/** How many Jobs there ever were: each is of its own uid among what happened. */
async function jobsMade(): Promise<number> {
  const said = await vm.kubectl('get', 'events', '-o', 'json')
  const { items } = JSON.parse(said) as {
    items: { reason: string; involvedObject: { kind: string; uid: string } }[]
  }
  const made = items.filter(
    ({ reason, involvedObject: { kind } }) => kind === 'Job' && reason === 'SuccessfulCreate',
  )
  return new Set(made.map(({ involvedObject }) => involvedObject.uid)).size
}

const OURS = 'app.kubernetes.io/managed-by=deploy-receiver'
const nothingIsLeft = () =>
  expect.poll(() => vm.kubectl('get', 'jobs,pods', '-l', OURS, '-o', 'name')).toBe('')
/** All of it runs a version, and nothing else of it. */
const stands = (digest: string) =>
  expect.poll(imagesOf).toEqual([`${vm.repository}@${digest}`, `${vm.repository}@${digest}`])

test.for<[string, string]>([
  ['the digest is looked for', begins('resolve')],
  ['the release command begins', begins('release')],
  ['the release command runs', '"message":"migrating"'],
  ['the release command has ended', ends('release')],
  ['it is ordered', begins('apply')],
  ['it was ordered', ends('apply')],
  ['its rollout is followed', '1 of 2 run the new version'],
  ['it is live', '"type":"live"'],
  ['it is watched', begins('watch')],
])('a receiver that is killed when %s brings the deployment to its end', async ([, moment]) => {
  const before = await jobsMade()
  expect(outcomeOf(await deployAndDieAt(next, moment))).toBe('succeeded')
  await stands(next)
  await nothingIsLeft()
  expect(await jobsMade()).toBe(before + 1)
  ;[live, next] = [next, live]
})

test.for<[string, string]>([
  ['its rollout is followed', begins('rollout')],
  ['it is taken back', ends('rollout', 'failed')],
])('a receiver that is killed when %s takes back what crashes', async ([, moment]) => {
  const failed = await deployAndDieAt(crash, moment)
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'exited' } })
  expect(failed.error?.message).toContain('runs again')
  await stands(live)
  await nothingIsLeft()
})

test('a command that was run by hand goes with the receiver that is killed', async () => {
  const running = vm.cli('run', 'api', '--', ...SH, 'busybox sleep 3600')
  const jobs = () => vm.kubectl('get', 'jobs', '-o', 'name')
  await expect.poll(jobs).toContain('job.batch/api-run')
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
  expect((await running).code).not.toBe(0)
  await vm.start()
  await nothingIsLeft()
})
