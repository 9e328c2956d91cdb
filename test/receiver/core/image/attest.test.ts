import { beforeEach, expect, test } from 'vitest'
import type { AppSpec } from '../../../../receiver/core/app.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { createAttestations } from '../../../../receiver/edges/store/attestations.ts'
import {
  APP,
  createFakeWorld,
  DIGEST,
  type FakeWorld,
  unreachable,
} from '../../../support/fake-world.ts'

const ATTESTED: AppSpec = {
  ...APP,
  attestation: { issuer: 'https://issuer.example', repositoryId: '1' },
}

let world: FakeWorld
let stored: ReturnType<typeof createAttestations>
beforeEach(() => {
  const database = openDatabase(':memory:')
  world = createFakeWorld(database)
  stored = createAttestations(database)
})

async function deploy(id: string, digest: string, app = ATTESTED, action?: 'rollback') {
  world.accept({ id, digest, ...(action === undefined ? {} : { action }) })
  await reconcile(app, world.ports, new AbortController().signal)
  const { status, error, steps } = world.store.get(id)?.deployment ?? {}
  return { status, code: error?.code, steps: steps?.map(({ name }) => name) }
}

test('a digest that the registry has an attestation of runs', async () => {
  world.bundles.push(DIGEST.one)
  expect(await deploy('dep_1', DIGEST.one)).toMatchObject({ status: 'succeeded' })
  expect(
    world.store
      .events('dep_1', 0)
      .map(({ event }) => JSON.stringify(event))
      .join(),
  ).toContain('attested by acme/api/.github/workflows/deploy.yml')
})

test('an attestation that came with the hook is enough: the registry is not asked', async () => {
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  stored.keep('dep_1', [DIGEST.one])
  await reconcile(ATTESTED, world.ports, new AbortController().signal)
  expect(world.store.get('dep_1')?.deployment.status).toBe('succeeded')
  expect(world.calls).not.toContain('fetchAttestations 1111')
})

test('an attestation of another digest, sent with the hook, does not do', async () => {
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  stored.keep('dep_1', [DIGEST.two])
  await reconcile(ATTESTED, world.ports, new AbortController().signal)
  expect(world.store.get('dep_1')?.deployment.error?.code).toBe('not_attested')
  expect(world.calls).toStrictEqual(['fetchAttestations 1111'])
})

test('without an attestation nothing is pulled or started, and the old container serves', async () => {
  world.bundles.push(DIGEST.one)
  await deploy('dep_1', DIGEST.one)
  world.calls.length = 0
  expect(await deploy('dep_2', DIGEST.two)).toStrictEqual({
    status: 'failed',
    code: 'not_attested',
    steps: ['resolve'],
  })
  expect(world.calls).toStrictEqual(['fetchAttestations 2222'])
  expect(world.flag.live).toBe('blue')
})

test('a registry that cannot be asked fails the deployment: it is closed, not open', async () => {
  world.failures.set('fetchAttestations', unreachable())
  expect(await deploy('dep_1', DIGEST.one)).toMatchObject({
    status: 'failed',
    code: 'registry_unreachable',
  })
})

test('a digest verified before needs no attestation again', async () => {
  world.bundles.push(DIGEST.one)
  await deploy('dep_1', DIGEST.one)
  world.bundles.length = 0
  world.failures.set('fetchAttestations', unreachable())
  expect(await deploy('dep_2', DIGEST.one)).toMatchObject({ status: 'succeeded' })
})

test('under another policy it does, unless it is rolled back to', async () => {
  world.bundles.push(DIGEST.one)
  await deploy('dep_1', DIGEST.one)
  world.bundles.length = 0
  const stricter: AppSpec = {
    ...APP,
    attestation: { issuer: 'https://issuer.example', repositoryId: '1', ref: 'refs/heads/main' },
  }
  expect(await deploy('dep_2', DIGEST.one, stricter)).toMatchObject({ code: 'not_attested' })
  expect(await deploy('dep_3', DIGEST.one, stricter, 'rollback')).toMatchObject({
    status: 'succeeded',
  })
})

test('a digest that ran before the app demanded attestations is not verified: no rollback to it', async () => {
  await deploy('dep_1', DIGEST.one, APP)
  expect(await deploy('dep_2', DIGEST.one, ATTESTED, 'rollback')).toMatchObject({
    code: 'not_attested',
  })
})

test('one app does not vouch for another', async () => {
  stored.setVerified('web', DIGEST.one, JSON.stringify(ATTESTED.attestation))
  expect(await deploy('dep_1', DIGEST.one)).toMatchObject({ code: 'not_attested' })
})
