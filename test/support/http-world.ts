import type { DockerApp } from '../../receiver/core/app.ts'
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Hono } from 'hono'
import { parseVerifyingKey } from '../../protocol/standard-webhooks.ts'
import { plan } from '../../receiver/core/plan.ts'
import { slotsPlan } from '../../receiver/core/slots/plan.ts'
import type { AuditEntry } from '../../receiver/core/intake/audit.ts'
import type { Clock } from '../../receiver/core/clock.ts'
import type { Feed } from '../../receiver/core/feed.ts'
import type { Log } from '../../receiver/core/log.ts'
import { createRedactor } from '../../receiver/core/redaction/redactor.ts'
import { systemClock } from '../../receiver/edges/clock.ts'
import { createIssuerKeys } from '../../receiver/edges/oidc/issuer-keys.ts'
import { createVerifyToken } from '../../receiver/edges/oidc/verify.ts'
import { createApp, type Services } from '../../receiver/http/app.ts'
import { createTestKeys } from '../../receiver/http/hooks/test-keys.ts'
import { createBodyGate } from '../../receiver/http/limits/body-gate.ts'
import { proxies } from '../../receiver/http/limits/client-address.ts'
import { createTokenBuckets } from '../../receiver/http/limits/token-buckets.ts'
import type { PreviewNews } from '../../receiver/core/notify/news.ts'
import type { Store } from '../../receiver/edges/store/store.ts'
import { openStore } from '../../receiver/serve/open-store.ts'
import { APP } from './fake-world.ts'
import { type Issuer, newIssuerKeys, startIssuer } from './oidc-issuer.ts'

/** When every world begins. Its time stands still until a test moves it. */
const BEGIN_MS = Date.parse('2026-03-01T12:00:00Z')

/** Of the issuers of all worlds of a test file. */
const KEYS = newIssuerKeys()

/** The receiver's HTTP side on a store in memory and a real issuer, without an engine behind it. */
export interface HttpWorld {
  app: Hono
  /** The same, as the local socket and the admin address have it. */
  local: Hono
  admin: Hono
  /** What the routes are given; a test may replace a part of it. */
  services: Services
  /** The time of receiver and issuer, in Unix milliseconds. */
  clock: { ms: number }
  store: Store
  feed: Feed
  issuer: Issuer
  /** `whsec_…` and `whsk_…` that the app `api` accepts. */
  secret: string
  privateKey: string
  woken: string[]
  /** What became of previews, for whoever wants to hear of it. */
  announced: PreviewNews[]
  /** What of each hook is heard by whoever counts them. */
  hooked: string[]
  logged: string[]
  readToken: string
  /** Basic token of `api`, which may not name an image; of `web`, which may. */
  token: string
  deployToken: string
  /** Secret of the GitHub webhooks of `api`. */
  githubSecret: string
  /** The audit trail, oldest first. */
  audit(): AuditEntry[]
  nowSeconds(): number
  stop(): Promise<void>
}

export async function startHttpWorld({
  rateLimit = { burst: 10_000, perSecond: 1 },
  registry = () => `sha256:${'1'.repeat(64)}`,
}: {
  rateLimit?: { burst: number; perSecond: number }
  /** The digest that a tag stands for now; throws what a registry's failure throws. */
  registry?: (tag: string) => string | Promise<string>
} = {}): Promise<HttpWorld> {
  const clock = { ms: BEGIN_MS }
  const nowMs = () => clock.ms
  const issuer = await startIssuer({ nowMs, keys: KEYS })
  const time: Clock = {
    now: () => new Date(clock.ms).toISOString(),
    ms: nowMs,
    unixMs: nowMs,
    since: (at) => clock.ms - Date.parse(at),
    sleep: systemClock.sleep,
    timeout: systemClock.timeout,
  }
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const pair = ed25519Pair()
  const [readToken, token, deployToken, githubSecret] = [0, 0, 0, 0].map(() =>
    randomBytes(24).toString('hex'),
  ) as [string, string, string, string]
  const woken: string[] = []
  const announced: PreviewNews[] = []
  const hooked: string[] = []
  const logged: string[] = []
  const stopping = new AbortController()
  const log: Log = (level, message, details) =>
    void logged.push(`${level} ${message} ${JSON.stringify(details)}`)
  const {
    database,
    journal: store,
    record,
    feed,
    intake,
    audit,
    refusals,
    sessions,
    previews,
  } = openStore(
    { file: ':memory:', settingsKey: Buffer.alloc(32, 7), subnet: '10.213.0.0/24' },
    {
      clock: time,
      log,
      redactor: createRedactor({ common: [], apps: {} }),
      hooked: ({ app = '-', outcome, sender, code = '' }) =>
        void hooked.push(`${outcome} ${app} ${sender.kind} ${code}`.trim()),
    },
  )
  const services: Services = {
    version: '0.0.0',
    prove: (question) => `proof of ${question}`,
    url: 'https://deploy.example.com',
    hosts: {
      public: (host) => host === 'deploy.example.com',
      admin: (host) => host === 'localhost:9081',
    },
    apps: new Map([
      [
        'api',
        {
          spec: { ...APP, image: { repository: 'ghcr.io/acme/api', tag: 'latest' } },
          domains: ['api.example.com'],
          credentials: {
            oidc: [
              {
                issuer: issuer.url,
                claims: { repository_id: ['123456789'], ref: ['refs/heads/main'] },
              },
            ],
            webhookKeys: [parseVerifyingKey(secret), parseVerifyingKey(pair.publicKey)],
            basic: { tokens: [token], deploy: false },
            github: [githubSecret],
          },
        },
      ],
      [
        'web',
        {
          spec: {
            ...APP,
            name: 'web',
            image: { repository: 'docker.io/acme/web', tag: 'stable' },
          },
          domains: [],
          credentials: {
            oidc: [],
            webhookKeys: [],
            basic: { tokens: [deployToken], deploy: true },
            github: [],
          },
        },
      ],
    ]),
    archive: store,
    volumes: record.volumes,
    intake,
    audit,
    refusals,
    isProxy: proxies(['127.0.0.0/8', '::1']),
    buckets: createTokenBuckets(rateLimit, nowMs),
    testKeys: createTestKeys(intake.nowSeconds),
    bodies: createBodyGate({ atOnce: 16, perAddress: 8, maxWaiting: 16, waitMs: 200 }),
    previews: {
      record: previews,
      subnet: '10.213.16.0/26',
      changed: (app) => void woken.push(`preview ${app}`),
      announce: (news) => void announced.push(news),
    },
    resolve: async ({ tag }) => registry(tag),
    feed,
    verifyToken: createVerifyToken(createIssuerKeys(database, nowMs), () => new Date(clock.ms)),
    reload: async () => ({
      added: [],
      changed: [],
      removed: [],
      keys: [],
      edited: [],
      overwritten: [],
      warnings: [],
    }),
    removeApp: async () => ({ removed: [], kept: [] }),
    maintenance: {
      look: async () => ({ seen: [] }),
      switch: async () => ({ seen: [] }),
    },
    maintenanceSince: () => undefined,
    hasFleet: false,
    fleet: async () => ({ receivers: [], apps: [] }),
    drain: { look: async () => ({ seen: [] }), switch: async () => ({ seen: [] }) },
    stoppedSince: () => undefined,
    awaitsData: () => [],
    drift: () => undefined,
    whyPlain: () => undefined,
    copyStore: () => Promise.reject(new Error('no store to copy')),
    lookForData: async () => {},
    besideOurs: async () => [],
    operate: { stop: async () => {}, start: async () => {} },
    certificates: { describe: async () => [], look: () => {} },
    doctor: async () => [],
    notify: { describe: () => [], test: async () => [] },
    async *readLogs() {},
    commands: {
      run: async () => ({ exitCode: 0 }),
      replica: async () => undefined,
      exec: async () => ({ exitCode: 0 }),
    },
    health: async () => ({ containers: 1, running: 1, restarts: 0 }),
    metrics: async () => ({ text: '', contentType: 'text/plain' }),
    traffic: () => undefined,
    pageHealth: async () => ({ containers: 1, running: 1, restarts: 0 }),
    sessions,
    pageHosts: ['page.example.com'],
    pageUrl: 'https://page.example.com',
    github: undefined,
    plan: async (app, wanted) => ({
      ...(await plan(
        app,
        wanted,
        slotsPlan(app as DockerApp, { journal: store, record, slots: { live: () => undefined } }),
        {
          registry: { resolve: async ({ tag }) => registry(tag) },
          journal: store,
          unfinished: intake.unfinished,
        },
        stopping.signal,
      )),
      reload: { changes: [] },
    }),
    tags: async () => ({ tags: [], total: 0, hasMore: false }),
    wake: (app) => woken.push(app),
    readTokens: [readToken],
    followKey: createSecretKey(store.secret('follow')),
    log,
    stopping: stopping.signal,
  }
  return {
    app: createApp(services, 'public'),
    local: createApp(services, 'socket'),
    admin: createApp(services, 'admin'),
    services,
    clock,
    store,
    feed,
    issuer,
    secret,
    privateKey: pair.privateKey,
    woken,
    announced,
    hooked,
    logged,
    readToken,
    token,
    deployToken,
    githubSecret,
    audit() {
      refusals.flush()
      return audit.list({ limit: 200 }).toReversed()
    },
    nowSeconds: intake.nowSeconds,
    async stop() {
      stopping.abort()
      await issuer.stop()
      database.close()
    },
  }
}

/** A key pair in the prefixes of Standard Webhooks: seed and public key, each 32 bytes. */
export function ed25519Pair(): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-32)
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return {
    privateKey: `whsk_${Buffer.concat([seed, raw]).toString('base64')}`,
    publicKey: `whpk_${raw.toString('base64')}`,
  }
}
