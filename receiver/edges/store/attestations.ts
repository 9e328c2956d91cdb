import type { DatabaseSync } from 'node:sqlite'

/** What the store remembers of attestations. */
export interface StoredAttestations {
  /** Keeps the bundles that came with a hook. */
  keep(deployment: string, bundles: readonly unknown[]): void
  /** The bundles that came with a deployment's hook. */
  sent(deployment: string): unknown[]
  /** The policy under which a digest of an app was verified last, as text. */
  verified(app: string, digest: string): string | undefined
  setVerified(app: string, digest: string, policy: string): void
}

export function createAttestations(database: DatabaseSync): StoredAttestations {
  const sql = {
    keep: database.prepare('INSERT INTO attestations (deployment, bundles) VALUES (?, ?)'),
    sent: database.prepare('SELECT bundles FROM attestations WHERE deployment = ?'),
    verified: database.prepare('SELECT policy FROM verified_digests WHERE app = ? AND digest = ?'),
    setVerified: database.prepare(
      `INSERT INTO verified_digests (app, digest, policy) VALUES (?, ?, ?)
       ON CONFLICT (app, digest) DO UPDATE SET policy = excluded.policy`,
    ),
  }
  return {
    keep(deployment, bundles) {
      if (bundles.length > 0) sql.keep.run(deployment, JSON.stringify(bundles))
    },
    sent(deployment) {
      const bundles = sql.sent.get(deployment)?.['bundles']
      return bundles === undefined ? [] : (JSON.parse(String(bundles)) as unknown[])
    },
    verified(app, digest) {
      const policy = sql.verified.get(app, digest)?.['policy']
      return policy === undefined ? undefined : String(policy)
    },
    setVerified: (app, digest, policy) => void sql.setVerified.run(app, digest, policy),
  }
}
