import type { DatabaseSync } from 'node:sqlite'
import type { Order, OrderRecord } from '../../core/certificates/orders.ts'
import type { PassingRecord } from '../../core/certificates/passing.ts'
import { transaction } from './transaction.ts'

/** Longer than the limits of any CA reach back. */
const KEPT_DAYS = 30

/** What CAs were asked for: a restart does not change what counts against their limits. */
export function createCertificateOrders(
  database: DatabaseSync,
  now: () => Date = () => new Date(),
): OrderRecord {
  const all = database.prepare('SELECT placed FROM certificate_orders ORDER BY number')
  const begin = database.prepare('INSERT INTO certificate_orders (at, placed) VALUES (?, ?)')
  const end = database.prepare(
    `UPDATE certificate_orders SET placed = json_set(placed, '$.outcome', json(?)) WHERE number = ?`,
  )
  const prune = database.prepare('DELETE FROM certificate_orders WHERE at < ?')
  return {
    all: () => all.all().map(({ placed }) => JSON.parse(String(placed)) as Order),
    begin: (order) =>
      transaction(database, () => {
        prune.run(new Date(now().getTime() - KEPT_DAYS * 24 * 60 * 60 * 1000).toISOString())
        return Number(begin.run(order.at, JSON.stringify(order)).lastInsertRowid)
      }),
    end(order, outcome) {
      transaction(database, () => end.run(JSON.stringify(outcome), order))
    },
  }
}

/** The certificates of previews, until nothing of them lies on disk. */
export function createPassingCertificates(database: DatabaseSync): PassingRecord {
  const all = database.prepare(
    'SELECT site, names, left_at FROM passing_certificates ORDER BY site',
  )
  const put = database.prepare(
    `INSERT INTO passing_certificates (site, names, left_at) VALUES (?, ?, ?)
     ON CONFLICT (site) DO UPDATE SET names = excluded.names, left_at = excluded.left_at`,
  )
  const forget = database.prepare('DELETE FROM passing_certificates WHERE site = ?')
  return {
    all: () =>
      all.all().map(({ site, names, left_at: leftAt }) => ({
        site: String(site),
        names: JSON.parse(String(names)) as string[],
        ...(typeof leftAt === 'string' ? { leftAt } : {}),
      })),
    put({ site, names, leftAt }) {
      transaction(database, () => put.run(site, JSON.stringify(names), leftAt ?? null))
    },
    forget(site) {
      transaction(database, () => forget.run(site))
    },
  }
}
