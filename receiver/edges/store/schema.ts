import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** What makes each format out of the one before it. A new one gets a store of its own in test/receiver/edges/store/formats. */
const MIGRATIONS = [
  `
CREATE TABLE deployments (
  generation INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  app TEXT NOT NULL,
  status TEXT NOT NULL,
  digest TEXT,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX deployments_of_app ON deployments (app, status, generation);

CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  deployment TEXT NOT NULL REFERENCES deployments (id),
  event TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_deployment ON events (deployment, number);

CREATE TABLE live (
  app TEXT PRIMARY KEY,
  generation INTEGER NOT NULL REFERENCES deployments (generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE slots (
  app TEXT NOT NULL,
  slot TEXT NOT NULL,
  address TEXT NOT NULL UNIQUE,
  port INTEGER,
  PRIMARY KEY (app, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
  app TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  body_sha256 TEXT NOT NULL,
  deployment TEXT NOT NULL REFERENCES deployments (id),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (app, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);

CREATE TABLE used_tokens (
  issuer TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX used_tokens_by_end ON used_tokens (expires_at);

CREATE TABLE issuer_keys (
  issuer TEXT PRIMARY KEY,
  jwks TEXT NOT NULL,
  fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  app TEXT,
  last_at TEXT NOT NULL,
  entry TEXT NOT NULL
) STRICT;
CREATE INDEX audit_of_app ON audit (app, number);
CREATE INDEX audit_by_end ON audit (last_at);

CREATE TABLE attestations (
  deployment TEXT PRIMARY KEY REFERENCES deployments (id),
  bundles TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE verified_digests (
  app TEXT NOT NULL,
  digest TEXT NOT NULL,
  policy TEXT NOT NULL,
  PRIMARY KEY (app, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX deployments_by_app ON deployments (app, generation);
`,
  `
CREATE INDEX deployments_by_digest ON deployments (app, digest);
`,
  `
CREATE TABLE settings (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint BLOB NOT NULL UNIQUE,
  sealed BLOB NOT NULL
) STRICT;
ALTER TABLE deployments ADD COLUMN settings INTEGER REFERENCES settings (number);
ALTER TABLE deployments ADD COLUMN stands_in INTEGER;

CREATE TABLE addresses (
  app TEXT NOT NULL,
  slot TEXT NOT NULL,
  replica INTEGER NOT NULL,
  address TEXT NOT NULL UNIQUE,
  PRIMARY KEY (app, slot, replica)
) STRICT, WITHOUT ROWID;
INSERT INTO addresses SELECT app, slot, 1, address FROM slots;

CREATE TABLE upstreams (
  app TEXT NOT NULL,
  slot TEXT NOT NULL,
  port INTEGER NOT NULL,
  replicas INTEGER NOT NULL,
  PRIMARY KEY (app, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO upstreams SELECT app, slot, port, 1 FROM slots WHERE port IS NOT NULL;

DROP TABLE slots;
`,
  `
CREATE TABLE polls (app TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE attempts (
  deployment TEXT NOT NULL REFERENCES deployments (id),
  step TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (deployment, step)
) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE installation (id TEXT NOT NULL) STRICT;
`,
  `
CREATE TABLE volumes (
  app TEXT NOT NULL,
  path TEXT NOT NULL,
  replica INTEGER NOT NULL,
  volume TEXT NOT NULL,
  PRIMARY KEY (app, path, replica)
) STRICT, WITHOUT ROWID;
CREATE TABLE recreated (app TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE certificate_attempts (site TEXT PRIMARY KEY, attempts TEXT NOT NULL) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE kept_logs (
  app TEXT NOT NULL,
  generation INTEGER NOT NULL,
  replica INTEGER NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (app, generation, replica)
) STRICT;
`,
  `
CREATE TABLE stopped (
  app TEXT PRIMARY KEY,
  since TEXT NOT NULL,
  was_in_maintenance INTEGER NOT NULL,
  is_starting INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE sign_in_links (
  hash TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`,
  `
ALTER TABLE stopped ADD COLUMN awaits TEXT NOT NULL DEFAULT '[]';
`,
  `
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  target TEXT NOT NULL,
  news TEXT NOT NULL,
  content TEXT NOT NULL,
  at TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  tried_at TEXT,
  wait_ms INTEGER NOT NULL DEFAULT 0,
  why TEXT,
  outcome TEXT,
  ended_at TEXT,
  UNIQUE (target, news)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (target, number) WHERE outcome IS NULL;
CREATE INDEX outbox_by_end ON outbox (ended_at);
CREATE TABLE told_warnings (
  subject TEXT PRIMARY KEY,
  level TEXT NOT NULL,
  ok_since TEXT
) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE previews (
  app TEXT PRIMARY KEY,
  of_app TEXT NOT NULL,
  made_at TEXT NOT NULL,
  deployed_at TEXT NOT NULL,
  origin TEXT,
  leaves_since TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE removed_previews (
  what TEXT PRIMARY KEY,
  run INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`,
  `
ALTER TABLE previews ADD COLUMN run TEXT;
ALTER TABLE previews ADD COLUMN closed_since TEXT;
ALTER TABLE removed_previews ADD COLUMN by_none TEXT;
`,
  `
CREATE TABLE certificate_orders (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  placed TEXT NOT NULL
) STRICT;
CREATE TABLE passing_certificates (
  site TEXT PRIMARY KEY,
  names TEXT NOT NULL,
  left_at TEXT
) STRICT, WITHOUT ROWID;
`,
]
/** The format that this version writes. Stores of older ones are brought to it, those of newer ones are refused. */
export const FORMAT = MIGRATIONS.length

/**
 * Opens the database, and brings its tables to this version's format. `FULL` synchronous and WAL: a committed transaction outlives a
 * power cut. The exclusive lock ends with the process, and keeps a second receiver out of the same data directory.
 */
export function openDatabase(file: string): DatabaseSync {
  const database = open(file)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    database.exec('PRAGMA foreign_keys = ON')
    // takes the lock now, not with the first write
    database.exec('BEGIN IMMEDIATE')
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
    if (version < FORMAT) database.exec(`PRAGMA user_version = ${FORMAT}`)
    database.exec('COMMIT')
    if (version > FORMAT) {
      throw new Error(
        `${file} was written by a newer deploy-receiver (format ${version}, this one knows ${FORMAT}): install that one`,
      )
    }
    // what parts of a transaction may take back: as a file, it would be written more than all else. A migration may sort more than that
    database.exec('PRAGMA temp_store = MEMORY')
    return database
  } catch (error) {
    database.close()
    throw explain(file, error)
  }
}

function open(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 2000 })
  } catch (error) {
    throw explain(file, error)
  }
}

/** Another process has the store. */
export class StoreInUse extends Error {
  override readonly name = 'StoreInUse'
}

/** SQLite's words for a store that another process has, or for a file or folder that this user may not open or write. */
export function explain(file: string, error: unknown): unknown {
  const reason = error instanceof Error ? error.message : String(error)
  if (/database is locked/.test(reason)) {
    return new StoreInUse(
      `${file} is in use: another deploy-receiver runs on this data directory; stop it first (a second receiver is another installation: docs/install.md says what it needs of its own)`,
      { cause: error },
    )
  }
  if (!/unable to open|readonly database/.test(reason)) return error
  const hint = `the receiver's user has to own data and all that is in it: run with sudo, or sudo chown -R USER ${dirname(file)}`
  return Object.assign(new Error(`${file}: ${reason}`, { cause: error }), { hint })
}
