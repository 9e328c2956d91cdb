import { beforeEach, describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../../../receiver/core/intake/audit.ts'
import { RequestError } from '../../../../receiver/core/intake/rollback-target.ts'
import {
  type Intake,
  type Submission,
  submit,
  type Submitted,
} from '../../../../receiver/core/intake/submit.ts'
import { createIdempotency } from '../../../../receiver/edges/store/idempotency.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { transaction } from '../../../../receiver/edges/store/transaction.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const DAY = 24 * 60 * 60
const START = 1_800_000_000

let world: FakeWorld
let intake: Intake
let audited: AuditEntry[]
let kept: (readonly unknown[])[]
let seconds: number
/** Time passes, and what is out of date is forgotten. */
let later: (by: number) => void

beforeEach(() => {
  const database = openDatabase(':memory:')
  world = createFakeWorld(database)
  const { store, clock } = world
  const { prune, ...once } = createIdempotency(database)
  audited = []
  kept = []
  seconds = START
  later = (by) => prune((seconds += by))
  let ids = 0
  intake = {
    ...once,
    transaction: (work) => transaction(database, work),
    together: async (work) => transaction(database, work),
    history: store.history,
    live: (app) => store.live(app)?.deployment,
    newest: (app) => store.newest(app)?.deployment,
    get: (id) => store.get(id)?.deployment,
    recent: store.recent,
    unfinished: store.unfinished,
    waiting: store.waiting,
    append: store.append,
    add(deployment, attestations) {
      store.add(deployment)
      kept.push(attestations)
      return deployment
    },
    audit: { add: (entry) => audited.push(entry) },
    newId: () => `dep_${++ids}`,
    now: clock.now,
    nowSeconds: () => seconds,
    ageMs: clock.since,
  }
})

const order = (request: Submission['asks'] & { kind: 'order' }) => request
const DEPLOY = order({ kind: 'order', request: { action: 'deploy', digest: DIGEST.one } })

const send = (more: Partial<Submission> = {}): Submitted =>
  submit(
    {
      app: APP,
      asks: DEPLOY,
      source: {},
      attestations: [],
      bodySha256: 'body',
      audit: { sender: { kind: 'none' } },
      ...more,
    },
    intake,
  )
const statuses = () => world.store.list('api', { limit: 9 }).map(({ status }) => status)

describe('a request', () => {
  test('becomes a queued deployment, with what came with it and a line in the audit trail', () => {
    const sent = send({ attestations: ['bundle'] })
    expect(sent).toMatchObject({
      kind: 'accepted',
      deployment: { id: 'dep_1', status: 'queued' },
    })
    expect(world.store.next('api')?.deployment.id).toBe('dep_1')
    expect(kept).toStrictEqual([['bundle']])
    expect(audited).toMatchObject([{ outcome: 'accepted', app: 'api', deployment: 'dep_1' }])
  })

  test('supersedes those that still wait: only the newest stays queued', () => {
    send()
    send()
    send()
    expect(statuses()).toStrictEqual(['queued', 'superseded', 'superseded'])
    expect(world.store.next('api')?.deployment.id).toBe('dep_3')
  })

  test('waits for what runs, which goes on', () => {
    send()
    world.store.append('dep_1', { type: 'started', at: world.clock.now() })
    send()
    expect(statuses()).toStrictEqual(['queued', 'running'])
    expect(world.store.next('api')?.deployment.id).toBe('dep_1')
  })

  test('has the URL of what is live, until that is found out anew', () => {
    send()
    const at = world.clock.now()
    const url = 'http://api.test'
    world.store.append('dep_1', { type: 'progress', at, step: 'start', message: 'found', url })
    world.store.append('dep_1', { type: 'live', at }, { live: true })
    expect(send()).toMatchObject({ deployment: { id: 'dep_2', url } })
  })

  test('leaves what waits of another app', () => {
    send({ app: { ...APP, name: 'web' } })
    send()
    expect(world.store.next('web')?.deployment.status).toBe('queued')
  })

  test('that cannot be made a deployment leaves nothing behind: its token may be used again', () => {
    const token = { issuer: 'i', jti: 'j', expiresAt: START + 60 }
    const nowhere = order({ kind: 'order', request: { action: 'rollback', to: 'previous' } })
    expect(() => send({ asks: nowhere, token })).toThrow(RequestError)
    expect(statuses()).toStrictEqual([])
    expect(audited).toStrictEqual([])
    expect(send({ token })).toMatchObject({ kind: 'accepted' })
  })
})

describe('a token', () => {
  const TOKEN = { issuer: 'i', jti: 'j', expiresAt: START + 300 }

  test('is good for one request', () => {
    send({ token: TOKEN })
    expect(send({ token: TOKEN })).toStrictEqual({ kind: 'replayed' })
    expect(statuses()).toStrictEqual(['queued'])
  })

  test('is told apart by its issuer and by its id', () => {
    send({ token: TOKEN })
    expect(send({ token: { ...TOKEN, issuer: 'other' } }).kind).toBe('accepted')
    expect(send({ token: { ...TOKEN, jti: 'other' } }).kind).toBe('accepted')
  })

  // clocks differ: one that was set back must not let a used token in again
  test('is remembered for a day beyond its end', () => {
    send({ token: TOKEN })
    later(300 + DAY)
    expect(send({ token: TOKEN }).kind).toBe('replayed')
    later(1)
    expect(send({ token: TOKEN }).kind).toBe('accepted')
  })

  test('that ended already, and passed by the tolerance, is remembered for a day from now', () => {
    const ended = { ...TOKEN, expiresAt: START - 10_000 }
    send({ token: ended })
    later(DAY)
    expect(send({ token: ended }).kind).toBe('replayed')
  })

  test('is used up also by a request that was there before', () => {
    const key = { kind: 'body', key: 'k' } as const
    send({ key })
    expect(send({ key, token: TOKEN }).kind).toBe('repeated')
    expect(send({ token: TOKEN }).kind).toBe('replayed')
  })
})

describe('an idempotency key', () => {
  const KEY = { kind: 'body', key: 'k' } as const

  test('sent again gets the deployment that it got before, whatever became of that', () => {
    send({ key: KEY })
    send()
    const again = send({ key: KEY })
    expect(again).toMatchObject({
      kind: 'repeated',
      deployment: { id: 'dep_1', status: 'superseded' },
    })
    expect(statuses()).toStrictEqual(['queued', 'superseded'])
  })

  test('with another body is refused', () => {
    send({ key: KEY })
    expect(send({ key: KEY, bodySha256: 'other' })).toStrictEqual({ kind: 'id_reused' })
    expect(statuses()).toStrictEqual(['queued'])
  })

  test('of which the deployment is gone is refused', () => {
    send({ key: KEY })
    intake.get = () => undefined
    expect(send({ key: KEY })).toStrictEqual({ kind: 'id_reused' })
  })

  test('is of one app and of one kind', () => {
    send({ key: KEY })
    expect(send({ key: { kind: 'webhook', key: 'k' } }).kind).toBe('accepted')
    expect(send({ key: KEY, app: { ...APP, name: 'web' } }).kind).toBe('accepted')
  })

  test.for([
    ['body', DAY],
    ['webhook', DAY],
    // its signature never expires: an old delivery must not deploy years later
    ['github', 3650 * DAY],
  ] as const)('of the kind %s is remembered for %d s', ([kind, keep]) => {
    const key = { kind, key: 'k' }
    send({ key })
    later(keep)
    expect(send({ key }).kind).toBe('repeated')
    later(1)
    expect(send({ key }).kind).toBe('accepted')
  })
})

describe('a hint', () => {
  const hint = (digest?: string): Submission['asks'] => ({
    kind: 'hint',
    hint: { tag: 'latest', ...(digest === undefined ? {} : { digest }) },
  })

  test('at something new becomes a deployment of that tag and digest', () => {
    expect(send({ asks: hint(DIGEST.two) })).toMatchObject({
      kind: 'accepted',
      deployment: { action: 'deploy', image: { tag: 'latest', digest: DIGEST.two } },
    })
  })

  test('at what waits already changes nothing, and is remembered as that', () => {
    send({ asks: hint(DIGEST.two) })
    const key = { kind: 'github', key: 'delivery' } as const
    expect(send({ asks: hint(DIGEST.two), key })).toMatchObject({
      kind: 'unchanged',
      deployment: { id: 'dep_1' },
    })
    expect(send({ asks: hint(DIGEST.three), key })).toMatchObject({
      kind: 'repeated',
      deployment: { id: 'dep_1' },
    })
    expect(audited).toHaveLength(1)
  })

  test('at what is live changes nothing', () => {
    send({ asks: hint(DIGEST.two) })
    const at = world.clock.now()
    world.store.append('dep_1', { type: 'live', at }, { live: true })
    world.store.append('dep_1', { type: 'finished', at, status: 'succeeded' })
    expect(send({ asks: hint(DIGEST.two) }).kind).toBe('unchanged')
  })
})
