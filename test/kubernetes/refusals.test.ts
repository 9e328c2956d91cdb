import { createServer } from 'node:https'
import { readFileSync } from 'node:fs'
import { json } from 'node:stream/consumers'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { outcomeOf } from '../support/outcome.ts'
import { makeCertificates } from '../support/certificates.ts'
import { makeNamespace, type Rule } from '../support/kubernetes-access.ts'
import { manifestOf } from '../support/kubernetes-app.ts'
import { type PrivateKubernetes, startKubernetes } from '../support/kubernetes.ts'
import { openWorkspace } from '../support/workspace.ts'
import { type KubernetesVm, leastRights, startKubernetesVm } from './kubernetes-vm.ts'

const workspace = openWorkspace()
const SH = ['/bin/busybox', 'sh', '-c']
const namespace = 'shop'
let cluster: PrivateKubernetes
let vm: KubernetesVm
let one: string
let two: string

beforeAll(async () => {
  cluster = await startKubernetes(workspace)
  await makeNamespace(cluster, namespace)
  vm = await startKubernetesVm(cluster, namespace)
  vm.app['health'] = { deadline: '20s' }
  one = await vm.push('one')
  two = await vm.push('two')
  const image = `${vm.repository}:one`
  await cluster.apply(manifestOf({ namespace, name: 'api', image, container: LIMITS }))
  await vm.kubectl('rollout', 'status', 'deployment/api')
  await vm.start()
  expect(outcomeOf(await vm.deploy(one))).toBe('succeeded')
})
afterAll(async () => {
  await vm?.close()
  await workspace.close()
  await cluster?.release()
})

const LIMITS = {
  resources: { requests: { memory: '10Mi', cpu: '1m' }, limits: { memory: '64Mi' } },
}
const imageOf = () =>
  vm.kubectl('get', 'deployment/api', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')
const words = ({ error }: Deployment) => `${error?.code}: ${error?.message}; ${error?.hint}`
const standsAt = async (digest: string) => {
  await vm.kubectl('rollout', 'status', 'deployment/api', '--timeout=240s')
  expect(await imageOf()).toBe(`${vm.repository}@${digest}`)
}

test('a quota that lets no further pod be is told in its own words, and what runs goes on', async () => {
  const hard = { pods: '2' }
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { namespace, name: 'small' },
    spec: { hard },
  })
  const failed = await vm.deploy(two)
  expect(failed.status).toBe('failed')
  expect(words(failed)).toContain('exceeded quota: small')
  await standsAt(one)
  await vm.kubectl('delete', 'resourcequota', 'small')
})

test('an admission webhook that refuses is told in its own words, and nothing was changed', async () => {
  const { certificate, key, authority } = makeCertificates(
    workspace.folder('webhook'),
    cluster.address,
  )
  const server = createServer(
    { cert: readFileSync(certificate), key: readFileSync(key) },
    (request, response) => {
      void (json(request) as Promise<{ request: { uid: string } }>).then(({ request: { uid } }) => {
        const status = { code: 403, message: 'no deployments on Fridays' }
        const answer = { uid, allowed: false, status }
        response.setHeader('content-type', 'application/json')
        response.end(
          JSON.stringify({
            apiVersion: 'admission.k8s.io/v1',
            kind: 'AdmissionReview',
            response: answer,
          }),
        )
      })
    },
  )
  await new Promise<void>((resolve) => server.listen(0, cluster.address, resolve))
  const { port } = server.address() as AddressInfo
  await cluster.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'fridays' },
    webhooks: [
      {
        name: 'fridays.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        clientConfig: {
          url: `https://${cluster.address}:${port}/`,
          caBundle: readFileSync(authority).toString('base64'),
        },
        rules: [
          {
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            operations: ['UPDATE'],
            resources: ['deployments'],
          },
        ],
      },
    ],
  })
  // an API server hears of it after a moment
  const dry = () =>
    vm
      .kubectl('annotate', 'deployment/api', 'x=y', '--overwrite', '--dry-run=server')
      .then(() => '', String)
  await expect.poll(dry).toContain('Fridays')
  const failed = await vm.deploy(two)
  expect(words(failed)).toMatch(/^cluster_refused: .*no deployments on Fridays/)
  expect(await imageOf()).toBe(`${vm.repository}@${one}`)
  await vm.kubectl('delete', 'validatingwebhookconfiguration', 'fridays')
  await expect.poll(dry).toBe('')
  server.close()
})

test('a paused rollout is refused before anything is changed', async () => {
  await vm.kubectl('rollout', 'pause', 'deployment/api')
  expect(words(await vm.deploy(two))).toMatch(
    /^workload_paused: .*kubectl rollout resume deployment/,
  )
  expect(await imageOf()).toBe(`${vm.repository}@${one}`)
  await vm.kubectl('rollout', 'resume', 'deployment/api')
})

test.for<[string, (rules: Rule[]) => Rule[], string]>([
  [
    'get of the workload',
    without('deployments', 'get'),
    'resources: [deployments], resourceNames: [api], verbs: [get]',
  ],
  [
    'patch of the workload',
    without('deployments', 'patch'),
    'resources: [deployments], resourceNames: [api], verbs: [patch]',
  ],
  [
    'list of the workload',
    without('deployments', 'list'),
    'resources: [deployments], resourceNames: [api], verbs: [list]',
  ],
  ['list of pods', without('pods', 'list'), 'resources: [pods], verbs: [list]'],
])(
  'without the right to %s the error and doctor name the line of the Role',
  async ([, take, line]) => {
    await vm.may(take(leastRights('api')))
    // what is watched already is told of on and on
    await vm.receiver().stop()
    await vm.start()
    const failed = await vm.deploy(two)
    expect(failed.status).toBe('failed')
    expect(words(failed)).toMatch(/^forbidden/)
    expect(words(failed)).toContain(line)
    expect((await vm.cli('doctor')).stdout).toContain(line)
    await vm.may(leastRights('api'))
    await standsAt(one)
  },
)

test.for<[string, (rules: Rule[]) => Rule[]]>([
  ['watch', without('*', 'watch')],
  ['events', without('events', '*')],
  ['replica sets', without('replicasets', '*')],
  ['logs', without('pods/log', '*')],
])(
  'without the right to %s a deployment goes well, with less told, and doctor names it',
  async ([name, take]) => {
    await vm.may(take(leastRights('api')))
    expect(outcomeOf(await vm.deploy(two))).toBe('succeeded')
    expect((await vm.cli('doctor')).stdout.replaceAll(' ', '')).toContain(
      name.replace(' ', '').replace('logs', 'log'),
    )
    await vm.may(leastRights('api'))
    expect(outcomeOf(await vm.deploy(one))).toBe('succeeded')
  },
)

function without(resource: string, verb: string) {
  return (rules: Rule[]): Rule[] =>
    rules.flatMap((rule) => {
      if (resource !== '*' && !rule.resources.includes(resource)) return [rule]
      const others = rule.resources.filter((each) => resource !== '*' && each !== resource)
      const own = resource === '*' ? rule.resources : [resource]
      const verbs = verb === '*' ? [] : rule.verbs.filter((each) => each !== verb)
      return [
        ...(others.length === 0 ? [] : [{ ...rule, resources: others }]),
        ...(verbs.length === 0 ? [] : [{ ...rule, resources: own, verbs }]),
      ]
    })
}

test('one that no node has room for fails with the scheduler’s words, and goes back', async () => {
  const asks = (memory: string, limit: string) =>
    vm.kubectl(
      'set',
      'resources',
      'deployment/api',
      `--requests=memory=${memory}`,
      `--limits=memory=${limit}`,
    )
  await asks('1Pi', '1Pi')
  const { id } = (await vm.hook({ image: `${vm.repository}@${two}` }, { wait: 0 })).deployment
  const look = async () => (await vm.read(`/deployments/${id}`)) as Deployment
  await expect.poll(async () => (await look()).error?.code).toBe('timed_out')
  // what it goes back to has to find a place again
  await asks('10Mi', '64Mi')
  await expect.poll(async () => (await look()).status).toBe('failed')
  expect(words(await look())).toContain('Insufficient memory')
  expect(await imageOf()).toBe(`${vm.repository}@${one}`)
  await standsAt(one)
})

test('one that takes more memory than its limit is said to be killed for it', async () => {
  const greedy = await vm.push('greedy', {
    config: { Cmd: [...SH, 'busybox sleep 1; exec busybox dd if=/dev/zero of=/dev/null bs=200M'] },
  })
  const failed = await vm.deploy(greedy)
  expect(words(failed)).toMatch(/^exited: .*limit of 64Mi \(OOMKilled/)
  await standsAt(one)
})

test('one that answers its readiness probe badly fails with what the probe got, and goes back', async () => {
  const sick = await vm.push('sick', { broken: true })
  const failed = await vm.deploy(sick)
  expect(words(failed)).toMatch(/Readiness probe failed: HTTP probe failed with statuscode: 404/)
  await standsAt(one)
})
