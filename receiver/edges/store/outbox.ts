import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Entry, Outbox, TargetRecord } from '../../core/notify/outbox.ts'
import { transaction } from './transaction.ts'

export interface StoredOutbox extends Outbox {
  record(target: string, now: Date): TargetRecord
  /** Forgets what was told or dropped more than 30 days ago. */
  prune(now: Date): void
}

/** More would be no help when the target is there again: the oldest ones give way. */
export const MOST_WAITING = 500
const DAY_MS = 24 * 60 * 60 * 1000
const KEEP_DAYS = 30
const RECORD_DAYS = 7

/** @param overflowed hears how many of a target's were dropped because too many waited */
export function createOutbox(
  database: DatabaseSync,
  overflowed: (target: string, dropped: number) => void,
): StoredOutbox {
  const sql = {
    add: database.prepare(
      'INSERT INTO outbox (id, target, news, content, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (target, news) DO NOTHING',
    ),
    makeRoom: database.prepare(
      `UPDATE outbox SET outcome = 'dropped', ended_at = ?3, content = '', why = ?4
       WHERE outcome IS NULL AND target = ?1 AND number <= (
         SELECT number FROM outbox WHERE outcome IS NULL AND target = ?1
         ORDER BY number DESC LIMIT 1 OFFSET ?2)`,
    ),
    targets: database.prepare('SELECT DISTINCT target FROM outbox WHERE outcome IS NULL'),
    next: database.prepare(
      'SELECT * FROM outbox WHERE outcome IS NULL AND target = ? ORDER BY number LIMIT 1',
    ),
    end: database.prepare(
      `UPDATE outbox SET outcome = ?, ended_at = ?, why = ?, content = '' WHERE number = ?`,
    ),
    failed: database.prepare(
      'UPDATE outbox SET attempts = attempts + 1, tried_at = ?, wait_ms = ?, why = ? WHERE number = ?',
    ),
    hurry: database.prepare('UPDATE outbox SET wait_ms = 0 WHERE outcome IS NULL AND target = ?'),
    waiting: database.prepare(
      'SELECT count(*) AS count FROM outbox WHERE outcome IS NULL AND target = ?',
    ),
    toldAt: database.prepare(
      `SELECT max(ended_at) AS at FROM outbox WHERE target = ? AND outcome = 'told'`,
    ),
    dropped: database.prepare(
      `SELECT count(*) AS count, max(ended_at) AS at FROM outbox
       WHERE target = ? AND outcome = 'dropped' AND ended_at > ?`,
    ),
    lastDrop: database.prepare(
      `SELECT why FROM outbox WHERE target = ? AND outcome = 'dropped' ORDER BY ended_at DESC, number DESC LIMIT 1`,
    ),
    prune: database.prepare('DELETE FROM outbox WHERE ended_at < ?'),
  }
  const daysBefore = (now: Date, days: number) =>
    new Date(now.getTime() - days * DAY_MS).toISOString()

  return {
    add({ target, news, content, at }) {
      transaction(database, () => {
        const id = `msg_${randomBytes(16).toString('hex')}`
        sql.add.run(id, target, news, JSON.stringify(content), at)
        const { changes } = sql.makeRoom.run(target, MOST_WAITING, at, TOO_MANY)
        if (changes > 0) overflowed(target, Number(changes))
      })
    },
    targets: () => sql.targets.all().map(({ target }) => String(target)),
    next: (target) => entryOf(sql.next.get(target)),
    told: (number, at) => transaction(database, () => void sql.end.run('told', at, null, number)),
    failed: (number, { at, waitMs, why }) =>
      transaction(database, () => void sql.failed.run(at, waitMs, why, number)),
    dropped: (number, { at, why }) =>
      transaction(database, () => void sql.end.run('dropped', at, why, number)),
    hurry: (target) => transaction(database, () => void sql.hurry.run(target)),

    record(target, now) {
      const first = sql.next.get(target)
      const toldAt = sql.toldAt.get(target)?.['at']
      const { count, at } = sql.dropped.get(target, daysBefore(now, RECORD_DAYS)) ?? {}
      const why = sql.lastDrop.get(target)?.['why']
      return {
        waiting: Number(sql.waiting.get(target)?.['count']),
        ...(typeof toldAt === 'string' ? { toldAt } : {}),
        ...(typeof first?.['why'] === 'string'
          ? {
              failing: {
                why: first['why'],
                at: String(first['tried_at']),
                since: String(first['at']),
              },
            }
          : {}),
        dropped: Number(count),
        ...(typeof at === 'string' ? { lastDrop: { at, why: String(why) } } : {}),
      }
    },
    prune: (now) => void sql.prune.run(daysBefore(now, KEEP_DAYS)),
  }
}

const TOO_MANY = `more than ${MOST_WAITING} waited`

function entryOf(row: Record<string, unknown> | undefined): Entry | undefined {
  if (row === undefined) return undefined
  return {
    number: Number(row['number']),
    id: String(row['id']),
    target: String(row['target']),
    content: JSON.parse(String(row['content'])) as unknown,
    at: String(row['at']),
    attempts: Number(row['attempts']),
    ...(typeof row['tried_at'] === 'string' ? { triedAt: row['tried_at'] } : {}),
    waitMs: Number(row['wait_ms']),
  }
}
