BEGIN TRANSACTION;
CREATE TABLE addresses (
  app TEXT NOT NULL,
  slot TEXT NOT NULL,
  replica INTEGER NOT NULL,
  address TEXT NOT NULL UNIQUE,
  PRIMARY KEY (app, slot, replica)
) STRICT, WITHOUT ROWID;
INSERT INTO addresses VALUES('api','blue',1,'10.213.0.10');
INSERT INTO addresses VALUES('api','green',1,'10.213.0.11');
CREATE TABLE attempts (
  deployment TEXT NOT NULL REFERENCES deployments (id),
  step TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (deployment, step)
) STRICT, WITHOUT ROWID;
INSERT INTO attempts VALUES('dep_two','pull',2);
CREATE TABLE attestations (
  deployment TEXT PRIMARY KEY REFERENCES deployments (id),
  bundles TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO attestations VALUES('dep_two','[{"bundle":1}]');
CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  app TEXT,
  last_at TEXT NOT NULL,
  entry TEXT NOT NULL
) STRICT;
INSERT INTO audit VALUES(1,'api','2026-01-01T00:00:15.000Z','{"at":"2026-01-01T00:00:14.000Z","last_at":"2026-01-01T00:00:15.000Z","count":1,"app":"api","sender":{"kind":"socket"},"outcome":"accepted"}');
CREATE TABLE certificate_attempts (site TEXT PRIMARY KEY, attempts TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO certificate_attempts VALUES('api','{}');
CREATE TABLE certificate_orders (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  placed TEXT NOT NULL
) STRICT;
INSERT INTO certificate_orders VALUES(1,'2026-01-01T00:00:11.000Z','{"server":"https://ca.example/dir","names":["api--pr-42.preview.example.com"],"at":"2026-01-01T00:00:11.000Z","isRenewal":false,"outcome":{"kind":"issued"}}');
CREATE TABLE deployments (
  generation INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  app TEXT NOT NULL,
  status TEXT NOT NULL,
  digest TEXT,
  record TEXT NOT NULL
, settings INTEGER REFERENCES settings (number), stands_in INTEGER) STRICT;
INSERT INTO deployments VALUES(1,'dep_one','api','succeeded','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','{"id":"dep_one","app":"api","action":"deploy","status":"succeeded","image":{"repository":"ghcr.io/acme/api","tag":"latest","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},"source":{"message":"Größer & schöner"},"created_at":"2026-01-01T00:00:00.000Z","steps":[{"name":"resolve","status":"succeeded","started_at":"2026-01-01T00:00:02.000Z","ms":5}],"started_at":"2026-01-01T00:00:01.000Z","live_at":"2026-01-01T00:00:06.000Z","finished_at":"2026-01-01T00:00:07.000Z"}',1,NULL);
INSERT INTO deployments VALUES(2,'dep_two','api','running','sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','{"id":"dep_two","app":"api","action":"deploy","status":"running","image":{"repository":"ghcr.io/acme/api","digest":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},"source":{"message":"Größer & schöner"},"created_at":"2026-01-01T00:00:08.000Z","steps":[{"name":"pull","status":"running","started_at":"2026-01-01T00:00:10.000Z"}],"started_at":"2026-01-01T00:00:09.000Z"}',NULL,NULL);
INSERT INTO deployments VALUES(3,'dep_web','web','failed','sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','{"id":"dep_web","app":"web","action":"deploy","status":"failed","image":{"repository":"ghcr.io/acme/web","digest":"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"source":{"message":"Größer & schöner"},"created_at":"2026-01-01T00:00:11.000Z","steps":[],"started_at":"2026-01-01T00:00:12.000Z","finished_at":"2026-01-01T00:00:13.000Z","error":{"code":"unhealthy","message":"web did not answer"}}',NULL,NULL);
CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  deployment TEXT NOT NULL REFERENCES deployments (id),
  event TEXT NOT NULL
) STRICT;
INSERT INTO events VALUES(1,'dep_one','{"at":"2026-01-01T00:00:01.000Z","type":"started"}');
INSERT INTO events VALUES(2,'dep_one','{"at":"2026-01-01T00:00:02.000Z","type":"step","step":"resolve","status":"running"}');
INSERT INTO events VALUES(3,'dep_one','{"at":"2026-01-01T00:00:03.000Z","type":"image","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}');
INSERT INTO events VALUES(4,'dep_one','{"at":"2026-01-01T00:00:04.000Z","type":"step","step":"resolve","status":"succeeded","ms":5}');
INSERT INTO events VALUES(5,'dep_one','{"at":"2026-01-01T00:00:06.000Z","type":"live"}');
INSERT INTO events VALUES(6,'dep_one','{"at":"2026-01-01T00:00:07.000Z","type":"finished","status":"succeeded"}');
INSERT INTO events VALUES(7,'dep_two','{"at":"2026-01-01T00:00:09.000Z","type":"started"}');
INSERT INTO events VALUES(8,'dep_two','{"at":"2026-01-01T00:00:10.000Z","type":"step","step":"pull","status":"running"}');
INSERT INTO events VALUES(9,'dep_web','{"at":"2026-01-01T00:00:12.000Z","type":"started"}');
INSERT INTO events VALUES(10,'dep_web','{"at":"2026-01-01T00:00:13.000Z","type":"finished","status":"failed","error":{"code":"unhealthy","message":"web did not answer"}}');
CREATE TABLE idempotency_keys (
  app TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  body_sha256 TEXT NOT NULL,
  deployment TEXT NOT NULL REFERENCES deployments (id),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (app, kind, key)
) STRICT, WITHOUT ROWID;
INSERT INTO idempotency_keys VALUES('api','webhook','msg_1','f00d','dep_one',9999999999);
CREATE TABLE installation (id TEXT NOT NULL) STRICT;
INSERT INTO installation VALUES('0123456789abcdef');
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
INSERT INTO kept_logs VALUES('web',3,1,'["it said no"]');
CREATE TABLE live (
  app TEXT PRIMARY KEY,
  generation INTEGER NOT NULL REFERENCES deployments (generation)
) STRICT, WITHOUT ROWID;
INSERT INTO live VALUES('api',1);
CREATE TABLE passing_certificates (
  site TEXT PRIMARY KEY,
  names TEXT NOT NULL,
  left_at TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO passing_certificates VALUES('api--pr-42','["api--pr-42.preview.example.com"]','2026-01-01T00:00:12.000Z');
CREATE TABLE polls (app TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO polls VALUES('api','sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb');
CREATE TABLE recreated (app TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO secrets VALUES('follow',X'cda051ce603b962192850da27a2907105a942cbf99e31d0c29ec278c88ae109e');
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
INSERT INTO sessions VALUES('s1','f00d','Ada','admin',1,1,9999999999,'curl');
CREATE TABLE settings (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint BLOB NOT NULL UNIQUE,
  sealed BLOB NOT NULL
) STRICT;
INSERT INTO settings VALUES(1,X'bfafdb5c812def41bbdd2e226348043e64375bfdadf79609a625e0a3a651e80d',X'45a16a770884c0c6a4bd130cf8429497c7b1ee95c60fc6f45d7ce757c90ad9c05dfbebda003cf525cbf49d2f98d02128b8ad044335764e441abf0877cb2f10272f7475857e2f3ac2ef25d87ef5c2064bd6feffbc898a03c736143733283219b7020bb6cf048cdddb');
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
, awaits TEXT NOT NULL DEFAULT '[]') STRICT, WITHOUT ROWID;
INSERT INTO stopped VALUES('api','2026-01-01T00:00:05.000Z',0,0,'["api-data"]');
CREATE TABLE upstreams (
  app TEXT NOT NULL,
  slot TEXT NOT NULL,
  port INTEGER NOT NULL,
  replicas INTEGER NOT NULL,
  PRIMARY KEY (app, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO upstreams VALUES('api','blue',8000,1);
CREATE TABLE used_tokens (
  issuer TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, jti)
) STRICT, WITHOUT ROWID;
INSERT INTO used_tokens VALUES('https://issuer.example','j',9999999999);
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
INSERT INTO volumes VALUES('api','/data',1,'api-data');
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
INSERT INTO outbox VALUES(1,'msg_00000000000000000000000000000001','slack','end of dep_one','','2026-01-01T00:00:04.000Z',0,NULL,0,NULL,'told','2026-01-01T00:00:05.000Z');
INSERT INTO outbox VALUES(2,'msg_00000000000000000000000000000002','slack','end of dep_three','{"kind":"failed","at":"2026-01-01T00:00:06.000Z","deployment":{"id":"dep_three","app":"web","status":"failed"}}','2026-01-01T00:00:06.000Z',2,'2026-01-01T00:01:06.000Z',15000,'hooks.slack.com answered 500',NULL,NULL);
CREATE TABLE told_warnings (
  subject TEXT PRIMARY KEY,
  level TEXT NOT NULL,
  ok_since TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO told_warnings VALUES('certificate:api','failure',NULL);
CREATE TABLE previews (
  app TEXT PRIMARY KEY,
  of_app TEXT NOT NULL,
  made_at TEXT NOT NULL,
  deployed_at TEXT NOT NULL,
  origin TEXT,
  leaves_since TEXT
, run TEXT, closed_since TEXT) STRICT, WITHOUT ROWID;
INSERT INTO previews VALUES('api--pr-42','api','2026-01-01T00:00:07.000Z','2026-01-01T00:00:08.000Z','{"repositoryId":"7","headRef":"feature/x"}',NULL,'{"id":16000000000,"attempt":1}','2026-01-01T00:00:10.000Z');
CREATE TABLE removed_previews (
  what TEXT PRIMARY KEY,
  run INTEGER NOT NULL,
  at TEXT NOT NULL
, by_none TEXT) STRICT, WITHOUT ROWID;
INSERT INTO removed_previews VALUES('api--pr-41',16000000001,'2026-01-01T00:00:09.000Z','{"at":"2026-01-01T00:00:09.000Z"}');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('deployments',3);
INSERT INTO sqlite_sequence VALUES('events',10);
INSERT INTO sqlite_sequence VALUES('settings',1);
INSERT INTO sqlite_sequence VALUES('audit',1);
INSERT INTO sqlite_sequence VALUES('outbox',2);
CREATE INDEX deployments_of_app ON deployments (app, status, generation);
CREATE INDEX events_of_deployment ON events (deployment, number);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);
CREATE INDEX used_tokens_by_end ON used_tokens (expires_at);
CREATE INDEX audit_of_app ON audit (app, number);
CREATE INDEX audit_by_end ON audit (last_at);
CREATE INDEX deployments_by_app ON deployments (app, generation);
CREATE INDEX deployments_by_digest ON deployments (app, digest);
CREATE INDEX outbox_waiting ON outbox (target, number) WHERE outcome IS NULL;
CREATE INDEX outbox_by_end ON outbox (ended_at);
PRAGMA user_version=17;
COMMIT;
