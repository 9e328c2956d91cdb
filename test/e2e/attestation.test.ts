// @module-tag long
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { pushBundle } from '../support/push-bundle.ts'
import { type Sigstore, startSigstore } from '../support/sigstore.ts'
import { startVm, type Vm } from '../support/vm.ts'

let vm: Vm
let sigstore: Sigstore
const digests: string[] = []

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'attested')
  sigstore = await startSigstore()
  const app = vm.config.apps['api'] ?? {}
  app['attestation'] = {
    repository_id: '123456789',
    workflow: '.github/workflows/deploy.yml',
    ref: 'refs/heads/main',
  }
  const data = vm.config['data'] as string
  mkdirSync(data, { recursive: true, mode: 0o711 })
  writeFileSync(join(data, 'trusted_root.json'), JSON.stringify(sigstore.trustedRoot))
  await vm.start()
  for (const version of ['1', '2', '3']) digests.push(await vm.push(version))
})
afterAll(async () => {
  await vm.close()
  await sigstore.stop()
})

const bundleOf = (version: number, claims = {}) =>
  sigstore.attest({ digest: digests[version - 1] ?? '', claims })
const image = (version: number) => `${vm.repository}@${digests[version - 1]}`
const served = async () => (await vm.visit()).body.trim()

test('an image runs when an attestation of it came with the hook', async () => {
  const { deployment } = await vm.hook({ image: image(1), attestations: [await bundleOf(1)] })
  expect(deployment.error).toBeUndefined()
  expect(await served()).toBe('1')
})

test('an image without an attestation never starts, and the message says why', async () => {
  const { deployment, status } = await vm.hook({ image: image(2) })
  expect(status).toBe(422)
  expect(deployment.error).toMatchObject({ code: 'not_attested' })
  expect(deployment.error?.message).toContain('there is none')
  expect(deployment.error?.hint).toContain('actions/attest')
  expect(await served()).toBe('1')
})

test('nor does one attested by another repository, or one with the attestation of another image', async () => {
  for (const attestations of [[await bundleOf(2, { repository_id: '2' })], [await bundleOf(1)]]) {
    const { deployment } = await vm.hook({ image: image(2), attestations })
    expect(deployment.error).toMatchObject({ code: 'not_attested' })
  }
  expect(await served()).toBe('1')
})

test('an attestation is found at the registry, under the tag that stands for referrers', async () => {
  const { registry } = inject('stack')
  await pushBundle({
    repository: vm.repository,
    digest: digests[2] ?? '',
    bundle: await bundleOf(3),
    login: registry,
  })
  const { deployment } = await vm.hook({ image: image(3) })
  expect(deployment.error).toBeUndefined()
  expect(await served()).toBe('3')
})

test('a rollback to a digest verified before needs none', async () => {
  const { deployment } = await vm.hook({ rollback: digests[0] })
  expect(deployment.error).toBeUndefined()
  expect(await served()).toBe('1')
})
