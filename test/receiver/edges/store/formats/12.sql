BEGIN TRANSACTION;
CREATE TABLE addresses (
  app TEXT NOT NULL,
  slot TEXT NOT NULL,
  replica INTEGER NOT NULL,
  address TEXT NOT NULL UNIQUE,
  PRIMARY KEY (app, slot, replica)
) STRICT, WITHOUT ROWID;
INSERT INTO "addresses" VALUES('api','blue',1,'10.213.0.10');
INSERT INTO "addresses" VALUES('api','green',1,'10.213.0.11');
CREATE TABLE attempts (
  deployment TEXT NOT NULL REFERENCES deployments (id),
  step TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (deployment, step)
) STRICT, WITHOUT ROWID;
INSERT INTO "attempts" VALUES('dep_two','pull',2);
CREATE TABLE attestations (
  deployment TEXT PRIMARY KEY REFERENCES deployments (id),
  bundles TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "attestations" VALUES('dep_two','[{"bundle":1}]');
CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  app TEXT,
  last_at TEXT NOT NULL,
  entry TEXT NOT NULL
) STRICT;
INSERT INTO "audit" VALUES(1,'api','2026-01-01T00:00:15.000Z','{"at":"2026-01-01T00:00:14.000Z","last_at":"2026-01-01T00:00:15.000Z","count":1,"app":"api","sender":{"kind":"socket"},"outcome":"accepted"}');
CREATE TABLE certificate_attempts (site TEXT PRIMARY KEY, attempts TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "certificate_attempts" VALUES('api','{}');
CREATE TABLE deployments (
  generation INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  app TEXT NOT NULL,
  status TEXT NOT NULL,
  digest TEXT,
  record TEXT NOT NULL
, settings INTEGER REFERENCES settings (number), stands_in INTEGER) STRICT;
INSERT INTO "deployments" VALUES(1,'dep_one','api','succeeded','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','{"id":"dep_one","app":"api","action":"deploy","status":"succeeded","image":{"repository":"ghcr.io/acme/api","tag":"latest","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},"source":{"message":"Größer & schöner"},"created_at":"2026-01-01T00:00:00.000Z","steps":[{"name":"resolve","status":"succeeded","started_at":"2026-01-01T00:00:02.000Z","ms":5}],"started_at":"2026-01-01T00:00:01.000Z","live_at":"2026-01-01T00:00:06.000Z","finished_at":"2026-01-01T00:00:07.000Z"}',1,NULL);
INSERT INTO "deployments" VALUES(2,'dep_two','api','running','sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','{"id":"dep_two","app":"api","action":"deploy","status":"running","image":{"repository":"ghcr.io/acme/api","digest":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},"source":{"message":"Größer & schöner"},"created_at":"2026-01-01T00:00:08.000Z","steps":[{"name":"pull","status":"running","started_at":"2026-01-01T00:00:10.000Z"}],"started_at":"2026-01-01T00:00:09.000Z"}',NULL,NULL);
INSERT INTO "deployments" VALUES(3,'dep_web','web','failed','sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','{"id":"dep_web","app":"web","action":"deploy","status":"failed","image":{"repository":"ghcr.io/acme/web","digest":"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"source":{"message":"Größer & schöner"},"created_at":"2026-01-01T00:00:11.000Z","steps":[],"started_at":"2026-01-01T00:00:12.000Z","finished_at":"2026-01-01T00:00:13.000Z","error":{"code":"unhealthy","message":"web did not answer"}}',NULL,NULL);
CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  deployment TEXT NOT NULL REFERENCES deployments (id),
  event TEXT NOT NULL
) STRICT;
INSERT INTO "events" VALUES(1,'dep_one','{"at":"2026-01-01T00:00:01.000Z","type":"started"}');
INSERT INTO "events" VALUES(2,'dep_one','{"at":"2026-01-01T00:00:02.000Z","type":"step","step":"resolve","status":"running"}');
INSERT INTO "events" VALUES(3,'dep_one','{"at":"2026-01-01T00:00:03.000Z","type":"image","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}');
INSERT INTO "events" VALUES(4,'dep_one','{"at":"2026-01-01T00:00:04.000Z","type":"step","step":"resolve","status":"succeeded","ms":5}');
INSERT INTO "events" VALUES(5,'dep_one','{"at":"2026-01-01T00:00:06.000Z","type":"live"}');
INSERT INTO "events" VALUES(6,'dep_one','{"at":"2026-01-01T00:00:07.000Z","type":"finished","status":"succeeded"}');
INSERT INTO "events" VALUES(7,'dep_two','{"at":"2026-01-01T00:00:09.000Z","type":"started"}');
INSERT INTO "events" VALUES(8,'dep_two','{"at":"2026-01-01T00:00:10.000Z","type":"step","step":"pull","status":"running"}');
INSERT INTO "events" VALUES(9,'dep_web','{"at":"2026-01-01T00:00:12.000Z","type":"started"}');
INSERT INTO "events" VALUES(10,'dep_web','{"at":"2026-01-01T00:00:13.000Z","type":"finished","status":"failed","error":{"code":"unhealthy","message":"web did not answer"}}');
CREATE TABLE idempotency_keys (
  app TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  body_sha256 TEXT NOT NULL,
  deployment TEXT NOT NULL REFERENCES deployments (id),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (app, kind, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "idempotency_keys" VALUES('api','webhook','msg_1','f00d','dep_one',9999999999);
CREATE TABLE installation (id TEXT NOT NULL) STRICT;
INSERT INTO "installation" VALUES('0123456789abcdef');
CREATE TABLE issuer_keys (
  issuer TEXT PRIMARY KEY,
  jwks TEXT NOT NULL,
  fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE kept_logs (
  app TEXT NOT NULL,
  generation INTEGER NOT NULL,
  replica INTEGER NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (app, generation, replica)
) STRICT;
INSERT INTO "kept_logs" VALUES('web',3,1,'["it said no"]');
CREATE TABLE live (
  app TEXT PRIMARY KEY,
  generation INTEGER NOT NULL REFERENCES deployments (generation)
) STRICT, WITHOUT ROWID;
INSERT INTO "live" VALUES('api',1);
CREATE TABLE polls (app TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "polls" VALUES('api','sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb');
CREATE TABLE recreated (app TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "secrets" VALUES('follow',X'5E6967D0F37D862D5D74A0BD169B51437AA3E9AA0B3502E49A5962E7E520A3D5');
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
INSERT INTO "sessions" VALUES('s1','f00d','Ada','admin',1,1,9999999999,'curl');
CREATE TABLE settings (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint BLOB NOT NULL UNIQUE,
  sealed BLOB NOT NULL
) STRICT;
INSERT INTO "settings" VALUES(1,X'BFAFDB5C812DEF41BBDD2E226348043E64375BFDADF79609A625E0A3A651E80D',X'7DB578B71AE13F253057FF7E63AF35FAF87792E0A35536405C163376B8104087A195BCF237BE35BFF62FA0A7194E21513AC8D61A04073B2C08B7DFA05617C37844F1D9740B1659BF11F5B29470B81BE6BA04CDD1D41FB9E5DD67ABFC5C6D04C97C48D1295B5EF871');
CREATE TABLE sign_in_links (
  hash TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE stopped (
  app TEXT PRIMARY KEY,
  since TEXT NOT NULL,
  was_in_maintenance INTEGER NOT NULL,
  is_starting INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "stopped" VALUES('api','2026-01-01T00:00:05.000Z',0,0);
CREATE TABLE upstreams (
  app TEXT NOT NULL,
  slot TEXT NOT NULL,
  port INTEGER NOT NULL,
  replicas INTEGER NOT NULL,
  PRIMARY KEY (app, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO "upstreams" VALUES('api','blue',8000,1);
CREATE TABLE used_tokens (
  issuer TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, jti)
) STRICT, WITHOUT ROWID;
INSERT INTO "used_tokens" VALUES('https://issuer.example','j',9999999999);
CREATE TABLE verified_digests (
  app TEXT NOT NULL,
  digest TEXT NOT NULL,
  policy TEXT NOT NULL,
  PRIMARY KEY (app, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE volumes (
  app TEXT NOT NULL,
  path TEXT NOT NULL,
  replica INTEGER NOT NULL,
  volume TEXT NOT NULL,
  PRIMARY KEY (app, path, replica)
) STRICT, WITHOUT ROWID;
INSERT INTO "volumes" VALUES('api','/data',1,'api-data');
CREATE INDEX deployments_of_app ON deployments (app, status, generation);
CREATE INDEX events_of_deployment ON events (deployment, number);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);
CREATE INDEX used_tokens_by_end ON used_tokens (expires_at);
CREATE INDEX audit_of_app ON audit (app, number);
CREATE INDEX audit_by_end ON audit (last_at);
CREATE INDEX deployments_by_app ON deployments (app, generation);
CREATE INDEX deployments_by_digest ON deployments (app, digest);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('deployments',3);
INSERT INTO "sqlite_sequence" VALUES('events',10);
INSERT INTO "sqlite_sequence" VALUES('settings',1);
INSERT INTO "sqlite_sequence" VALUES('audit',1);
PRAGMA user_version=12;
COMMIT;
