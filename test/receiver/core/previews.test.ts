import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DeployError } from '../../../receiver/core/errors.ts'
import { type KeptPreviews, keepPreviews } from '../../../receiver/core/previews/keep.ts'
import { takeAway } from '../../../receiver/core/previews/take-away.ts'
import { createPreviews, type StoredPreviews } from '../../../receiver/edges/store/previews.ts'
import { openDatabase } from '../../../receiver/edges/store/schema.ts'

const HOUR_MS = 60 * 60 * 1000
const BEGIN_MS = Date.parse('2026-03-01T12:00:00Z')

let database: DatabaseSync
let record: StoredPreviews
let nowMs: number
/** What its clock is asked to wait for, each to be ended by hand. */
let naps: (() => void)[]
let removed: string[]
let reports: string[]
let told: string[]
let failure: Error | undefined
let ttlMs: number | undefined
let stopping: AbortController
let kept: KeptPreviews

const now = () => new Date(nowMs).toISOString()
const begin = () => {
  stopping = new AbortController()
  kept = keepPreviews(
    {
      record,
      transaction: (work) => work(),
      announce: ({ app, of, became }) => void told.push(`${app} of ${of}: ${became}`),
      ttlMs: () => ttlMs,
      async remove(app) {
        if (failure !== undefined) throw failure
        removed.push(app)
        return { removed: [`container of ${app}`], kept: [] }
      },
      clock: {
        now,
        ms: () => nowMs,
        unixMs: () => nowMs,
        since: (at) => nowMs - Date.parse(at),
        timeout: () => new AbortController().signal,
        sleep: (_ms, signal) =>
          new Promise((resolve, reject) => {
            naps.push(resolve)
            signal.addEventListener('abort', () => reject(signal.reason as Error))
          }),
      },
      report: (message) => void reports.push(message),
    },
    stopping.signal,
  )
}

beforeEach(() => {
  database = openDatabase(':memory:')
  record = createPreviews(database)
  ;[nowMs, naps, removed, reports, told] = [BEGIN_MS, [], [], [], []]
  ;[failure, ttlMs] = [undefined, HOUR_MS]
  for (const app of ['api--one', 'api--two']) {
    record.put({ app, of: 'api', madeAt: now(), deployedAt: now() })
  }
})
afterEach(async () => {
  stopping.abort(new Error('it stops'))
  await kept.ended
  database.close()
})

const slept = () => expect.poll(() => naps.length).toBeGreaterThan(0)
/** Lets it look once more, to the end. */
async function again(): Promise<void> {
  await slept()
  naps.splice(0).at(-1)?.()
  await slept()
}
const there = () => record.all().map(({ app }) => app)

describe('previews', () => {
  test('stay as long as each had a deployment within the time that previews.ttl says', async () => {
    begin()
    nowMs += HOUR_MS
    await again()
    expect(there()).toEqual(['api--one', 'api--two'])
    record.put({ app: 'api--one', of: 'api', madeAt: now(), deployedAt: now() })
    nowMs += 1
    await again()
    expect([there(), removed]).toEqual([['api--one'], ['api--two']])
  })

  test('that go leave a mark against what was asked for before', async () => {
    begin()
    nowMs += HOUR_MS + 1
    await again()
    expect(record.removals('api--one').byNone?.at).toBe(now())
  })

  test('stay for ever when that is 0', async () => {
    ttlMs = 0
    begin()
    nowMs += 1000 * HOUR_MS
    await again()
    expect(there()).toEqual(['api--one', 'api--two'])
  })

  test('go with what said in the config that their app has some', async () => {
    ttlMs = undefined
    begin()
    await again()
    expect(there()).toEqual([])
  })
})

describe('one that is taken away', () => {
  const take = () => takeAway({ app: 'api--one', of: 'api' }, { record, now: now() })

  test('is gone for whoever waits for it, and says what it had', async () => {
    begin()
    take()
    expect(await kept.gone('api--one')).toEqual({
      removed: ['container of api--one'],
      kept: [],
    })
    expect(there()).toEqual(['api--two'])
    expect(told).toEqual(['api--one of api: removed'])
  })

  test('goes after a restart, if something ended before it was gone', async () => {
    take()
    begin()
    await slept()
    expect([there(), removed]).toEqual([['api--two'], ['api--one']])
  })

  test('stays on record when it cannot be removed, which is told and tried again', async () => {
    failure = new DeployError('engine_unreachable', 'Docker does not answer')
    begin()
    take()
    await expect(kept.gone('api--one')).rejects.toThrow('Docker does not answer')
    await slept()
    expect(there()).toEqual(['api--one', 'api--two'])
    expect(reports).toEqual(['a preview could not be removed: trying again'])
    failure = undefined
    await again()
    expect(there()).toEqual(['api--two'])
  })
})

test('marks of what was removed are forgotten when no run of then can ask for it any more', () => {
  begin()
  record.markRemoved('api--one', { run: 7, at: now() })
  // a later order of an older run says nothing new
  record.markRemoved('api--one', { run: 5, at: now() })
  expect(record.removals('api--one').run).toBe(7)
  record.prune(new Date(nowMs + 89 * 24 * HOUR_MS))
  expect(record.removals('api--one').run).toBe(7)
  record.prune(new Date(nowMs + 91 * 24 * HOUR_MS))
  expect(record.removals('api--one')).toEqual({})
})
