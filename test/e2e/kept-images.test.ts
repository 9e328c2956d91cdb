// @module-tag long
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type RegistryProxy, startRegistryProxy } from '../support/registry-proxy.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
/** Tells images that may be swept away from those of other tests: all share one engine. */
const SWEPT = 'kept-images'
let proxy: RegistryProxy
let vm: Vm
const digests: string[] = []

beforeAll(async () => {
  proxy = await startRegistryProxy(stack.registry.host)
  vm = await startVm({ ...stack, registry: { ...stack.registry, host: proxy.host } }, 'kept-images')
  const quick = { keep: 2, watch: '200ms', drain: '200ms', stop_grace_period: '0s' }
  Object.assign(vm.config.apps['api'] ?? {}, quick)
  for (const version of ['kept-one', 'kept-two', 'kept-three']) {
    digests.push(await vm.push(version, { config: { Labels: { [SWEPT]: '' } }, held: false }))
  }
  await vm.start()
  for (const digest of digests) {
    expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })
  }
})
afterAll(async () => {
  await vm.close()
  await proxy.stop()
})

const tagOf = (digest = '') => `${vm.repository}:deploy-receiver-api-${digest.slice(7, 19)}`
const two = () => digests[1] ?? ''
const three = () => digests[2] ?? ''
const tags = async () =>
  (await docker.listImages())
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((tag) => tag.startsWith(`${vm.repository}:`))
    .toSorted()

test('what is kept for a rollback has a tag of ours, and what is not is gone with its tag', async () => {
  expect(await tags()).toEqual([tagOf(two()), tagOf(three())].toSorted())
})

test('with the registry away a rollback works after a prune, and needs nobody', async () => {
  await docker.pruneImages({ filters: { dangling: ['true'], label: [SWEPT] } })
  await proxy.stop()
  expect(await vm.hook({ rollback: 'previous' })).toMatchObject({
    deployment: { status: 'succeeded', image: { digest: two() } },
  })
  expect((await vm.visit()).body).toBe('kept-two\n')
})

test('to an image that is gone it fails at once, with what to do, and the old version serves', async () => {
  await docker.getImage(tagOf(three())).remove()
  const { deployment } = await vm.hook({ rollback: three() })
  expect(deployment).toMatchObject({
    status: 'failed',
    error: {
      code: 'registry_unreachable',
      message: expect.stringContaining(`${three()} is no longer on this machine`),
      hint: expect.stringContaining('roll back to a digest that is still here'),
    },
  })
  // it was asked once: no pause is told of
  expect((await vm.readText(`/deployments/${deployment.id}/events`)).text).not.toContain('again in')
  expect((await vm.visit()).body).toBe('kept-two\n')
})
