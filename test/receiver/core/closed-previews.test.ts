import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLook, type Subject } from '../../../receiver/core/previews/closed.ts'
import { subjectOf } from '../../../receiver/core/previews/subject.ts'
import { createPreviews, type StoredPreviews } from '../../../receiver/edges/store/previews.ts'
import { openDatabase } from '../../../receiver/edges/store/schema.ts'
import { branchPreview } from '../../../protocol/preview-name.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let database: DatabaseSync
let record: StoredPreviews
let nowMs: number
let open: Set<string>
let failure: Error | undefined
let asked: string[]
let reports: string[]
let told: string[]
let during: () => void
let stopping: AbortController
let look: () => Promise<void>

const now = () => new Date(nowMs).toISOString()
const subjects: Record<string, Subject> = {
  'api--pr-1': { repository: 'acme/api', pullRequest: 1 },
  'api--sign-in': { repository: 'acme/api', branch: 'sign-in' },
  'web--pr-1': { repository: 'acme/web', pullRequest: 1 },
}
const nameOf = (subject: Subject) =>
  `${subject.repository} ${'branch' in subject ? subject.branch : subject.pullRequest}`
const put = (app: string) =>
  record.put({ app, of: app.slice(0, 3), madeAt: now(), deployedAt: now() })
const standing = () => record.all().flatMap(({ app, leavesSince }) => (leavesSince ? [] : app))
const closed = () => record.all().flatMap(({ app, closedSince }) => (closedSince ? app : []))

beforeEach(() => {
  database = openDatabase(':memory:')
  record = createPreviews(database)
  nowMs = Date.parse('2026-03-01T12:00:00Z')
  open = new Set(Object.values(subjects).map(nameOf))
  ;[asked, reports, told, failure] = [[], [], [], undefined]
  during = () => {}
  stopping = new AbortController()
  for (const app of [...Object.keys(subjects), 'api--by-hand']) put(app)
  look = createLook(
    {
      record,
      transaction: (work) => work(),
      subjectOf: ({ app }) => subjects[app],
      async isOpen(subject) {
        asked.push(nameOf(subject))
        during()
        if (failure !== undefined && subject.repository === 'acme/api') throw failure
        return open.has(nameOf(subject))
      },
      announce: ({ app, became, message }) => void told.push(`${app} ${became}: ${message}`),
      changed: () => void told.push('changed'),
      clock: {
        now,
        ms: () => nowMs,
        unixMs: () => nowMs,
        since: (at) => nowMs - Date.parse(at),
        timeout: () => stopping.signal,
        sleep: async () => {},
      },
      report: (message) => void reports.push(message),
    },
    stopping.signal,
  )
})
afterEach(() => database.close())

test('one whose pull request is closed, or whose branch is gone, is named, and goes a day later', async () => {
  await look()
  expect([closed(), reports]).toEqual([[], []])
  open.delete('acme/api 1')
  open.delete('acme/api sign-in')
  await look()
  expect(closed()).toEqual(['api--pr-1', 'api--sign-in'])
  expect(standing()).toHaveLength(4)
  expect(told).toEqual([
    'api--pr-1 closed: pull request acme/api#1 is closed',
    'api--sign-in closed: acme/api has no branch "sign-in" any more',
  ])
  nowMs += DAY_MS
  await look()
  expect(standing()).toEqual(['api--by-hand', 'web--pr-1'])
  expect(record.removals('api--pr-1').byNone?.at).toBe(now())
  expect(told.slice(2)).toEqual(['changed', 'changed'])
})

test('a look that follows at once, as after a restart, removes nothing', async () => {
  open.delete('acme/api 1')
  await look()
  nowMs += 60_000
  await look()
  expect(standing()).toHaveLength(4)
  expect(told).toHaveLength(1)
})

test.for([
  ['is open again', () => open.add('acme/api 1')],
  ['was deployed meanwhile', () => put('api--pr-1')],
] as const)('one that %s stays', async ([, happens]) => {
  open.delete('acme/api 1')
  await look()
  nowMs += DAY_MS
  happens()
  await look()
  expect(standing()).toHaveLength(4)
})

test('one that is deployed in this very moment stays', async () => {
  open.delete('acme/api 1')
  await look()
  nowMs += DAY_MS
  during = () => put('api--pr-1')
  await look()
  expect([standing().length, closed()]).toEqual([4, []])
})

test('a repository that cannot be asked removes nothing, is asked once a look, and is told of once', async () => {
  open.clear()
  failure = new Error('GitHub answered 403')
  await look()
  nowMs += DAY_MS
  await look()
  expect(standing()).toEqual(['api--by-hand', 'api--pr-1', 'api--sign-in'])
  expect(asked.filter((each) => each.startsWith('acme/api'))).toHaveLength(2)
  const failed = reports.filter((each) => each.includes('cannot be asked'))
  expect(failed).toHaveLength(1)
  failure = undefined
  await look()
  failure = new Error('GitHub answered 500')
  await look()
  expect(reports.filter((each) => each.includes('cannot be asked'))).toHaveLength(2)
})

describe('a preview is of', () => {
  const ISSUER = 'https://token.actions.githubusercontent.com'
  const preview = (name: string) => ({ app: `api--${name}`, of: 'api', madeAt: '', deployedAt: '' })
  const sender = (ref: string) => ({
    kind: 'oidc' as const,
    issuer: ISSUER,
    claims: { repository: 'acme/api', ref },
  })
  const key = { kind: 'webhook' as const, key: 'k' }
  const ref = (name: string) => ({ source: { repository: 'evil/api', ref: `refs/heads/${name}` } })
  const feature = branchPreview('api', 'feature/x')

  test.for([
    ['the pull request of its name', 'pr-42', sender('refs/pull/42/merge'), ref('x'), undefined],
    ['its branch, by the token', feature, sender('refs/heads/feature/x'), ref('x'), undefined],
    ['its branch, by the sender’s word', feature, key, ref('feature/x'), 'acme/api'],
  ] as const)('%s', ([, name, by, deployment, configured]) => {
    const found = subjectOf(preview(name), { sender: by, deployment, configured })
    const what = name === 'pr-42' ? { pullRequest: 42 } : { branch: 'feature/x' }
    expect(found).toEqual({ repository: 'acme/api', ...what })
  })

  test.for([
    ['another branch has another name', 'demo', ref('main'), 'acme/api'],
    ['the repository is the sender’s word alone', 'pr-42', ref('x'), undefined],
  ] as const)('nothing that is known, where %s', ([, name, deployment, configured]) => {
    expect(subjectOf(preview(name), { sender: key, deployment, configured })).toBeUndefined()
  })
})
