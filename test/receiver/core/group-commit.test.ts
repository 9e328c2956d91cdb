import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DeployError } from '../../../receiver/core/errors.ts'
import {
  createGroupCommit,
  MOST_TOGETHER,
  type Together,
} from '../../../receiver/core/group-commit.ts'
import { createEvents } from '../../../receiver/core/listeners.ts'
import { openDatabase } from '../../../receiver/edges/store/schema.ts'
import { createPart, transaction } from '../../../receiver/edges/store/transaction.ts'

let dir: string
let database: DatabaseSync
/** What was heard after it was durable, by `afterwards`. */
let heard: string[]
/** How often the disk was waited for. */
let commits: number
let together: Together
let afterwards: (work: () => void) => void
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'together-'))
  database = openDatabase(join(dir, 'x.db'))
  const part = createPart(database)
  heard = []
  commits = 0
  const events = createEvents({
    keep: () => {
      throw new Error('there are no events here')
    },
    transaction(work) {
      const isOuter = !database.isTransaction
      const result = transaction(database, work)
      if (isOuter) commits++
      return result
    },
    redactFor: () => (value) => value,
    listeners: [],
    report: () => {},
  })
  ;({ afterwards } = events)
  together = createGroupCommit({
    transaction: events.transaction,
    part: (work) => events.transaction(() => part(work)),
    soon: setImmediate,
  })
})
afterEach(() => {
  database.close()
  rmSync(dir, { recursive: true })
})

const write = (app: string, digest = 'sha256:1') => {
  database.prepare('INSERT INTO polls (app, digest) VALUES (?, ?)').run(app, digest)
  afterwards(() => heard.push(app))
  return app
}
const kept = () =>
  database
    .prepare('SELECT app FROM polls ORDER BY app')
    .all()
    .map(({ app }) => app)
const reason = (result: PromiseSettledResult<unknown>): unknown =>
  result.status === 'rejected' ? result.reason : undefined

test('what comes at the same moment is written at once, in turn, and heard of before it is answered', async () => {
  const answered = ['a', 'b', 'c'].map(async (app) => {
    const result = await together(() => write(app))
    expect(database.isTransaction).toBe(false)
    expect(heard).toEqual(['a', 'b', 'c'])
    return result
  })
  expect(heard).toEqual([])
  expect(await Promise.all(answered)).toEqual(['a', 'b', 'c'])
  expect(commits).toBe(1)
  expect(await together(() => write('d'))).toBe('d')
  expect(commits).toBe(2)
})

test('however many come at the same moment, so many wait for one write at most', async () => {
  const answered = Array.from({ length: 2 * MOST_TOGETHER + 1 }, (_, number) =>
    together(() => write(String(number))),
  )
  // without another turn of the event loop
  expect(commits).toBe(2)
  expect(kept()).toHaveLength(2 * MOST_TOGETHER)
  expect(await Promise.all(answered)).toHaveLength(2 * MOST_TOGETHER + 1)
  expect(commits).toBe(3)
  // and where none are left there is nothing to write
  for (let number = 0; number < MOST_TOGETHER; number++) void together(() => write(`x${number}`))
  await new Promise(setImmediate)
  expect(commits).toBe(4)
})

test('what one throws takes back its own alone, and nobody hears of it', async () => {
  const refusal = new Error('refused')
  const results = await Promise.allSettled([
    together(() => write('a')),
    together(() => {
      write('b')
      throw refusal
    }),
    // a table does not take it: a defect of ours, and of this one alone
    together(() => write('a')),
    together(() => write('c')),
  ])
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
  ])
  expect(results[1] && reason(results[1])).toBe(refusal)
  expect(results[2] && reason(results[2])).not.toBeInstanceOf(DeployError)
  expect(kept()).toEqual(['a', 'c'])
  expect(heard).toEqual(['a', 'c'])
})

test('what one may take back of it is written to no file', async () => {
  for (let row = 0; row < 40; row++) write(String(row), 'x'.repeat(4000))
  const files = await together(() => {
    // more than SQLite holds in memory by itself
    database.exec(`UPDATE polls SET digest = replace(digest, 'x', 'y')`)
    return openFiles()
  })
  expect(files.filter((path) => path.startsWith(dir))).not.toEqual([])
  expect(files.filter((path) => path.includes('etilqs'))).toEqual([])
})

const openFiles = () =>
  readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)]
    } catch {
      // it was that of the reading itself
      return []
    }
  })

test('with no room on the disk nothing is kept, all are told so, and the next goes on', async () => {
  const pages = database.prepare('PRAGMA page_count').get()?.['page_count']
  database.exec(`PRAGMA max_page_count = ${Number(pages) + 1}`)
  const results = await Promise.allSettled([
    together(() => write('a')),
    together(() => write('b', 'x'.repeat(100_000))),
    together(() => write('c')),
  ])
  for (const result of results) {
    expect(reason(result)).toBeInstanceOf(DeployError)
    expect(reason(result)).toMatchObject({
      code: 'store_failed',
      message: 'the receiver cannot write its data: its disk is full',
    })
  }
  expect(kept()).toEqual([])
  expect(heard).toEqual([])
  expect(await together(() => write('d'))).toBe('d')
  expect(kept()).toEqual(['d'])
})

test('what cannot be committed is told to each, and nobody hears of it', async () => {
  const failure = new DeployError(
    'store_failed',
    'the receiver cannot write its data: disk I/O error',
  )
  const broken = createGroupCommit({
    transaction: (work) => {
      work()
      throw failure
    },
    part: (work) => work(),
    soon: setImmediate,
  })
  const results = await Promise.allSettled([broken(() => 1), broken(() => 2)])
  expect(results.map(reason)).toEqual([failure, failure])
})
