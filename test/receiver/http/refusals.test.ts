import { beforeEach, describe, expect, test } from 'vitest'
import type { AuditEntry, AuditTrail } from '../../../receiver/core/intake/audit.ts'
import { createRefusals, type Refusal, type Refusals } from '../../../receiver/http/refusals.ts'

const MINUTE = 60_000
const BEGIN_MS = Date.parse('2026-03-01T12:00:00Z')
const ONE: Refusal = {
  app: 'api',
  address: '192.0.2.7',
  sender: { kind: 'basic', key: 'abc' },
  outcome: 'rejected',
  reason: 'why',
}

let clock: number
let trail: AuditEntry[]
let lines: string[]
let transactions: number
let failure: Error | undefined
let refusals: Refusals
beforeEach(() => {
  clock = BEGIN_MS
  trail = []
  lines = []
  transactions = 0
  failure = undefined
  const audit: AuditTrail = {
    add: (entry) => trail.push({ ...entry }),
    repeat(number, count, lastAt) {
      const entry = trail[number - 1]
      if (entry === undefined) throw new Error(`there is no entry ${number}`)
      entry.count += count
      entry.last_at = lastAt
    },
    list: () => [],
  }
  refusals = createRefusals(
    {
      audit,
      transaction(work) {
        if (failure !== undefined) throw failure
        transactions++
        work()
      },
      log: (level, message, details) =>
        void lines.push(`${level} ${message} ${JSON.stringify(details)}`),
    },
    () => clock,
  )
})

const at = (ms: number) => new Date(BEGIN_MS + ms).toISOString()
const counts = () => trail.map(({ count }) => count)

describe('the log', () => {
  test('has the first of its kind at once, with all that is known', () => {
    refusals.note({ ...ONE, deployment: 'd1' })
    const { app, address, sender, reason } = ONE
    expect(lines).toStrictEqual([
      `warn hook rejected ${JSON.stringify({ app, address, sender, reason, deployment: 'd1' })}`,
    ])
  })

  test.each([
    ['rejected', 'warn'],
    ['refused', 'warn'],
    ['ignored', 'info'],
    ['repeated', 'info'],
    ['unchanged', 'info'],
  ] as const)('has %s as %s', (outcome, level) => {
    refusals.note({ sender: { kind: 'none' }, outcome })
    expect(lines).toStrictEqual([`${level} hook ${outcome} {"sender":{"kind":"none"}}`])
  })

  test('has the others once a minute, as a number', () => {
    for (let count = 0; count < 4; count++) refusals.note(ONE)
    clock += MINUTE - 1
    refusals.flush()
    expect(lines).toHaveLength(1)
    clock += 1
    refusals.flush()
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain('"count":3')
    clock += 5 * MINUTE
    refusals.flush()
    expect(lines).toHaveLength(2)
    refusals.note(ONE)
    refusals.flush()
    expect(lines).toHaveLength(3)
    expect(lines[2]).not.toContain('count')
  })
})

describe('the audit trail', () => {
  test('has one entry of those that are alike, from the first time to the last', () => {
    refusals.note(ONE)
    clock += 1000
    refusals.note(ONE)
    expect(trail).toStrictEqual([])
    refusals.flush()
    expect(trail).toStrictEqual([{ ...ONE, at: at(0), last_at: at(1000), count: 2 }])
    clock += 1000
    refusals.note(ONE)
    refusals.flush()
    expect(trail).toStrictEqual([{ ...ONE, at: at(0), last_at: at(2000), count: 3 }])
  })

  test('is not written to when nothing happened', () => {
    refusals.flush()
    refusals.note(ONE)
    refusals.flush()
    refusals.flush()
    expect(transactions).toBe(1)
  })

  test('has another entry after an hour', () => {
    refusals.note(ONE)
    refusals.flush()
    clock += 60 * MINUTE - 1
    refusals.flush()
    refusals.note(ONE)
    clock += 1
    refusals.flush()
    expect(counts()).toStrictEqual([2])
    refusals.note(ONE)
    refusals.flush()
    expect(counts()).toStrictEqual([2, 1])
    expect(lines).toHaveLength(3)
  })

  test('gets in the next second what could not be written in this one', () => {
    refusals.note(ONE)
    failure = new Error('the disk is full')
    expect(() => refusals.flush()).toThrow('the disk is full')
    failure = undefined
    refusals.note(ONE)
    refusals.flush()
    expect(counts()).toStrictEqual([2])
  })

  test.each<Partial<Refusal>>([
    { app: 'web' },
    { address: '192.0.2.8' },
    { sender: { kind: 'oidc' } },
    { sender: { kind: 'basic', key: 'def' } },
    { outcome: 'refused' },
    { reason: 'another' },
    { request: 'redeploy' },
    { deployment: 'd1' },
  ])('has what differs by %j apart', (difference) => {
    refusals.note(ONE)
    refusals.note({ ...ONE, ...difference })
    refusals.flush()
    expect(counts()).toStrictEqual([1, 1])
  })

  test('counts together what comes in more than a thousand kinds', () => {
    const of = (number: number) => ({ ...ONE, address: `2001:db8::${number}` })
    for (let number = 0; number < 1000; number++) refusals.note(of(number))
    refusals.flush()
    expect(trail).toHaveLength(1000)
    for (let number = 1000; number < 1500; number++) refusals.note(of(number))
    refusals.note(of(7))
    refusals.flush()
    expect(trail).toHaveLength(1001)
    expect(trail.at(-1)).toMatchObject({
      sender: { kind: 'none' },
      outcome: 'rejected',
      reason: 'many different requests were rejected: these are counted together',
      count: 500,
    })
    expect(trail[7]?.count).toBe(2)
  })
})
