import type { DatabaseSync } from 'node:sqlite'
import type { Intake } from '../../core/intake/submit.ts'

/** What makes a request happen once: idempotency keys and the ids of used tokens. Times are Unix seconds. */
export interface Idempotency extends Pick<Intake, 'useToken' | 'answered' | 'remember'> {
  /** Forgets what expired before `now`. */
  prune(now: number): void
}

export function createIdempotency(database: DatabaseSync): Idempotency {
  const sql = {
    answered: database.prepare(
      'SELECT deployment, body_sha256 FROM idempotency_keys WHERE app = ? AND kind = ? AND key = ?',
    ),
    remember: database.prepare(
      `INSERT INTO idempotency_keys (app, kind, key, deployment, body_sha256, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    use: database.prepare(
      'INSERT OR IGNORE INTO used_tokens (issuer, jti, expires_at) VALUES (?, ?, ?)',
    ),
    pruneKeys: database.prepare('DELETE FROM idempotency_keys WHERE expires_at < ?'),
    pruneTokens: database.prepare('DELETE FROM used_tokens WHERE expires_at < ?'),
  }
  return {
    answered(app, { kind, key }) {
      const row = sql.answered.get(app, kind, key)
      if (row === undefined) return undefined
      return { deployment: String(row['deployment']), bodySha256: String(row['body_sha256']) }
    },
    remember(app, { kind, key }, { deployment, bodySha256, expiresAt }) {
      sql.remember.run(app, kind, key, deployment, bodySha256, expiresAt)
    },
    useToken: ({ issuer, jti, expiresAt }) =>
      Number(sql.use.run(issuer, jti, expiresAt).changes) === 1,
    prune(now) {
      sql.pruneKeys.run(now)
      sql.pruneTokens.run(now)
    },
  }
}
