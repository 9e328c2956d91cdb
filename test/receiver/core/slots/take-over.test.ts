import { beforeEach, expect, test } from 'vitest'
import { planAdoption } from '../../../../receiver/core/slots/adoption.ts'
import type { Standing } from '../../../../receiver/core/slots/ownership.ts'
import { repair } from '../../../../receiver/core/slots/repair.ts'
import { takeOver } from '../../../../receiver/core/slots/take-over.ts'
import { createDeployer } from '../../../../receiver/core/deployer.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { createSlotRecord } from '../../../../receiver/edges/store/slot-record.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const signal = new AbortController().signal
const NOWHERE = { blue: [], green: [] }

/** What labels say of the containers of a world. */
const standingIn = ({ containers, plans }: FakeWorld): Standing[] =>
  [...containers.values()].map((container) => ({
    ...container,
    deployment: plans.get(container.name)?.deployment ?? '',
    repository: APP.image.repository,
    createdAt: '2026-01-01T00:00:00.000Z',
    volumes: Object.fromEntries(
      (plans.get(container.name)?.volumes ?? []).map(({ path, volume }) => [path, volume]),
    ),
  }))

let before: FakeWorld
/** A world whose record is lost: its engine and flags are those of `before`. */
let after: FakeWorld
let database: ReturnType<typeof openDatabase>

/** Brings deployments to their end, one after the other. */
async function deploy(world: FakeWorld, ...digests: string[]) {
  const deployer = createDeployer(() => ({ ...APP, warmMs: 3_600_000 }), world.ports)
  for (const digest of digests) {
    const id = `dep_${digest.slice(7, 8)}`
    world.accept({ id, digest })
    deployer.wake()
    await expect.poll(() => world.store.get(id)?.deployment.status).toBe('succeeded')
  }
  await deployer.stop()
}

beforeEach(async () => {
  before = createFakeWorld()
  await deploy(before, DIGEST.one, DIGEST.two)
  database = openDatabase(':memory:')
  after = createFakeWorld(database)
})

const record = () => createSlotRecord(database, '10.213.0.0/24')
const adopt = (known: Parameters<typeof takeOver>[1] = { app: APP, upstreams: NOWHERE }) => {
  const [adoption] = planAdoption(standingIn(before), {
    asked: () => undefined,
    flag: () => before.flag.live,
  })
  if (adoption === undefined) throw new Error('nothing stands')
  takeOver(adoption, known, { journal: after.store, record: record(), clock: after.clock })
}

test('what was live is live on record, with its digest, number and settings', () => {
  adopt()
  expect(after.store.live('api')).toMatchObject({
    generation: 2,
    standsIn: 2,
    deployment: {
      id: 'dep_2',
      status: 'succeeded',
      image: { repository: APP.image.repository, digest: DIGEST.two },
      live_at: '2026-01-01T00:00:00.000Z',
    },
  })
  expect(after.store.settings('dep_2')).toMatchObject({ port: 8000, replicas: 1 })
  expect(after.store.events('dep_2', 0).map(({ event }) => event.type)).toStrictEqual([
    'started',
    'live',
    'finished',
  ])
})

test('whoever looks after the app then finds nothing to do, and keeps what is warm', async () => {
  adopt()
  const ports = {
    ...after.ports,
    engine: before.ports.engine,
    slots: before.ports.slots,
    record: record(),
  }
  before.calls.length = 0
  await repair({ ...APP, warmMs: 3_600_000 }, ports, signal)
  expect(before.calls).toStrictEqual([])
  expect(after.reports).toStrictEqual([])
})

test('the slots are where they were, also the one in which nothing stands', () => {
  for (const name of [...before.containers.keys()].slice(0, 1)) before.containers.delete(name)
  const upstreams = {
    blue: [{ address: '10.213.0.44', port: 9000 }],
    green: [{ address: '10.213.0.11', port: 8000 }],
  }
  adopt({ app: APP, upstreams })
  expect(record().upstreams('api', { port: 1, replicas: 1 })).toEqual({
    blue: { port: 9000, replicas: 1 },
    green: { port: 8000, replicas: 1 },
  })
  const [live] = [...before.containers.values()]
  expect(record().address('api', 'green', 1)).toBe(live?.address)
  expect(record().address('api', 'blue', 1)).toBe('10.213.0.44')
})

test('the data of an image stays in the volumes that it is in, whatever their names are', () => {
  const taken = 'f'.repeat(64)
  for (const plan of before.plans.values()) {
    Object.assign(plan, { volumes: [{ path: '/data', replica: 1, volume: taken }] })
  }
  adopt()
  expect(record().volumes('api')).toStrictEqual([{ path: '/data', replica: 1, volume: taken }])
})

test('what comes next is newer than all that was taken over', () => {
  adopt()
  after.accept({ id: 'dep_next', digest: DIGEST.three })
  expect(after.store.get('dep_next')?.generation).toBe(3)
})

test('an app that is in no config is taken over without settings', () => {
  adopt({ app: undefined, upstreams: NOWHERE })
  expect(after.store.live('api')?.deployment.id).toBe('dep_2')
  expect(after.store.settings('dep_2')).toBeUndefined()
})

test('a record that is older than what stands is brought up to it, and what waited there is superseded', () => {
  after.accept({ id: 'dep_1', digest: DIGEST.one })
  after.store.append('dep_1', { type: 'started', at: after.clock.now() }, { live: true })
  after.store.append('dep_1', { type: 'finished', at: after.clock.now(), status: 'succeeded' })
  after.accept({ id: 'dep_waiting', digest: DIGEST.three })
  adopt()
  expect(after.store.live('api')?.deployment.id).toBe('dep_2')
  // its number is another deployment's by that record
  expect(after.store.live('api')).toMatchObject({ generation: 3, standsIn: 2 })
  expect(after.store.get('dep_waiting')?.deployment.status).toBe('superseded')
})

test('what is newer than the live one is no version to go back to: it was perhaps never live', () => {
  before.flag.live = before.flag.live === 'blue' ? 'green' : 'blue'
  adopt()
  expect(after.store.live('api')?.deployment.id).toBe('dep_1')
  expect(after.store.get('dep_2')?.deployment.status).toBe('superseded')
})
