import type { DatabaseSync } from 'node:sqlite'
import type { Person, Role, Session, SessionStore } from '../../core/sign-in/session.ts'
import { transaction } from './transaction.ts'

/** Who is signed in on the page, and the links that sign in, by the hashes of what browsers hold. */
export function createSessions(database: DatabaseSync): SessionStore {
  const sql = {
    addLink: database.prepare(
      'INSERT INTO sign_in_links (hash, name, role, expires_at) VALUES (?, ?, ?, ?)',
    ),
    link: database.prepare(
      'SELECT name, role FROM sign_in_links WHERE hash = ? AND expires_at > ?',
    ),
    takeLink: database.prepare(
      'DELETE FROM sign_in_links WHERE hash = ? AND expires_at > ? RETURNING name, role',
    ),
    add: database.prepare(
      `INSERT INTO sessions (id, hash, name, role, created_at, used_at, expires_at, agent)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    session: database.prepare('SELECT * FROM sessions WHERE hash = ?'),
    use: database.prepare('UPDATE sessions SET used_at = ?, expires_at = ? WHERE id = ?'),
    list: database.prepare('SELECT * FROM sessions WHERE expires_at > ? ORDER BY created_at DESC'),
    end: database.prepare('DELETE FROM sessions WHERE id = ?'),
    purgeLinks: database.prepare('DELETE FROM sign_in_links WHERE expires_at <= ?'),
    purgeSessions: database.prepare('DELETE FROM sessions WHERE expires_at <= ?'),
  }
  return {
    addLink: ({ hash, name, role, expiresAt }) =>
      transaction(database, () => void sql.addLink.run(hash, name, role, expiresAt)),
    link: (hash, now) => person(sql.link.get(hash, now)),
    takeLink: (hash, now) => transaction(database, () => person(sql.takeLink.get(hash, now))),
    add: (hash, { id, name, role, createdAt, usedAt, expiresAt, agent }) =>
      transaction(
        database,
        () => void sql.add.run(id, hash, name, role, createdAt, usedAt, expiresAt, agent),
      ),
    session: (hash) => session(sql.session.get(hash)),
    use: (id, { usedAt, expiresAt }) =>
      transaction(database, () => void sql.use.run(usedAt, expiresAt, id)),
    list: (now) => sql.list.all(now).map((row) => session(row) as Session),
    end: (id) => transaction(database, () => sql.end.run(id).changes > 0),
    purge: (now) =>
      transaction(database, () => {
        sql.purgeLinks.run(now)
        sql.purgeSessions.run(now)
      }),
  }
}

type Row = Record<string, unknown> | undefined

const person = (row: Row): Person | undefined =>
  row === undefined ? undefined : { name: String(row['name']), role: row['role'] as Role }

function session(row: Row): Session | undefined {
  const who = person(row)
  if (row === undefined || who === undefined) return undefined
  return {
    ...who,
    id: String(row['id']),
    createdAt: Number(row['created_at']),
    usedAt: Number(row['used_at']),
    expiresAt: Number(row['expires_at']),
    agent: String(row['agent']),
  }
}
