import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Hono } from 'hono'
import { parseVerifyingKey } from '../../protocol/standard-webhooks.ts'
import { createFeed, type Feed } from '../../receiver/core/feed.ts'
import { createIssuerKeys } from '../../receiver/edges/oidc/issuer-keys.ts'
import { createVerifyToken } from '../../receiver/edges/oidc/verify.ts'
import { createOnce } from '../../receiver/edges/store/once.ts'
import { openDatabase, transaction } from '../../receiver/edges/store/schema.ts'
import { createStore, type Store } from '../../receiver/edges/store/store.ts'
import { createApp } from '../../receiver/http/app.ts'
import type { Services } from '../../receiver/http/services.ts'
import { newDeploymentId } from '../../receiver/id.ts'
import { APP } from './fake-world.ts'
import { type Issuer, startIssuer } from './oidc-issuer.ts'

/** The receiver's HTTP side on a store in memory and a real issuer, without an engine behind it. */
export interface HttpWorld {
  app: Hono
  /** The same, as the local socket has it. */
  local: Hono
  store: Store
  feed: Feed
  issuer: Issuer
  /** `whsec_…` and `whsk_…` that the app `api` accepts. */
  secret: string
  privateKey: string
  woken: string[]
  logged: string[]
  readToken: string
  nowSeconds(): number
  stop(): Promise<void>
}

export async function startHttpWorld(): Promise<HttpWorld> {
  const issuer = await startIssuer()
  const database = openDatabase(':memory:')
  const feed = createFeed()
  const now = () => new Date().toISOString()
  const nowSeconds = () => Math.floor(Date.now() / 1000)
  const store = createStore(database, {
    subnet: '10.213.0.0/24',
    now,
    changed: (id) => feed.changed(id),
  })
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const pair = ed25519Pair()
  const readToken = randomBytes(24).toString('hex')
  const woken: string[] = []
  const logged: string[] = []
  const stopping = new AbortController()
  const services: Services = {
    version: '0.0.0',
    url: 'https://deploy.example.com',
    hosts: new Set(['deploy.example.com']),
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
          },
        },
      ],
    ]),
    archive: store,
    intake: {
      transaction: (work) => transaction(database, work),
      ...createOnce(database),
      history: store.history,
      liveDigest: (app) => store.live(app)?.deployment.image.digest,
      get: (id) => store.get(id)?.deployment,
      accept: store.accept,
      newId: newDeploymentId,
      now,
      nowSeconds,
    },
    feed,
    verifyToken: createVerifyToken(createIssuerKeys(database, Date.now), () => new Date()),
    wake: (app) => woken.push(app),
    readTokens: [readToken],
    followKey: store.secret('follow'),
    log: (level, message, details) =>
      void logged.push(`${level} ${message} ${JSON.stringify(details)}`),
    stopping: stopping.signal,
  }
  return {
    app: createApp(services, { trusted: false }),
    local: createApp(services, { trusted: true }),
    store,
    feed,
    issuer,
    secret,
    privateKey: pair.privateKey,
    woken,
    logged,
    readToken,
    nowSeconds,
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
