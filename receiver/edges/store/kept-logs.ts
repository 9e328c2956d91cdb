import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
import type { Redact } from '../../core/redaction/redact.ts'
import type { KeptLogs, LogLine } from '../../core/slots/printed.ts'
import { transaction } from './transaction.ts'

/** Taking secrets out of a long log takes its time: others have their turn in between. */
const LINES_A_TURN = 200

/**
 * The logs of containers that are gone, in the store: kept whole or not at all, and gone with it.
 * @param redactFor for what containers of that generation print
 */
export function createKeptLogs(
  database: DatabaseSync,
  redactFor: (app: string, generation: number) => Redact,
): KeptLogs {
  const sql = {
    keep: database.prepare(
      `INSERT INTO kept_logs (app, generation, replica, lines) VALUES (?, ?, ?, ?)
       ON CONFLICT (app, generation, replica) DO UPDATE SET lines = excluded.lines`,
    ),
    read: database.prepare(
      'SELECT replica, lines FROM kept_logs WHERE app = ? AND generation = ? ORDER BY replica',
    ),
    generations: database.prepare(
      'SELECT DISTINCT generation FROM kept_logs WHERE app = ? ORDER BY generation DESC',
    ),
    remove: database.prepare('DELETE FROM kept_logs WHERE app = ? AND generation = ?'),
    forget: database.prepare(
      `DELETE FROM kept_logs WHERE app = ?1 OR substr(app, 1, length(?1) + 1) = ?1 || '.'`,
    ),
  }
  return {
    async keep({ app, generation, replica }, lines) {
      const redact = redactFor(app, generation)
      const told: string[] = []
      for (let at = 0; at < lines.length; at += LINES_A_TURN) {
        for (const line of lines.slice(at, at + LINES_A_TURN)) {
          told.push(`${line.at} ${redact(line.text)}`)
        }
        await nextTurn()
      }
      transaction(database, () => sql.keep.run(app, generation, replica, told.join('\n')))
    },
    read: ({ app, generation }) =>
      sql.read.all(app, generation).map(({ replica, lines }) => ({
        replica: Number(replica),
        lines: String(lines).split('\n').map(parse),
      })),
    generations: (app) => sql.generations.all(app).map(({ generation }) => Number(generation)),
    remove(app, generations) {
      transaction(database, () => {
        for (const generation of generations) sql.remove.run(app, generation)
      })
    },
    forget: (app) => transaction(database, () => void sql.forget.run(app)),
  }
}

function parse(line: string): LogLine {
  const end = line.indexOf(' ')
  return { at: line.slice(0, end), text: line.slice(end + 1) }
}
