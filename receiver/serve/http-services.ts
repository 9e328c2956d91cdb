import { createSecretKey } from 'node:crypto'
import type { AppConfig, Config } from '../config/config.ts'
import type { Apps } from '../core/apps.ts'
import type { Registry } from '../core/image/registry.ts'
import { createIssuerKeys } from '../edges/oidc/issuer-keys.ts'
import { createVerifyToken } from '../edges/oidc/verify.ts'
import { createBodyGate } from '../http/limits/body-gate.ts'
import type { Services } from '../http/app.ts'
import { createTestKeys } from '../http/hooks/test-keys.ts'
import { VERSION } from '../version.ts'
import { type CurrentConfig, httpApps } from './current-config.ts'
import type { OpenStore } from './open-store.ts'

/** Bodies of strangers that are read at once: 8 MiB at most. */
const BODIES = { atOnce: 128, perAddress: 32, maxWaiting: 1024, waitMs: 5000 }

/** What each of these is made for by `serve`, and passed on as it is. */
type Given = Pick<
  Services,
  | 'besideOurs'
  | 'certificates'
  | 'commands'
  | 'copyStore'
  | 'doctor'
  | 'drain'
  | 'drift'
  | 'fleet'
  | 'health'
  | 'log'
  | 'lookForData'
  | 'maintenance'
  | 'maintenanceSince'
  | 'metrics'
  | 'notify'
  | 'operate'
  | 'pageHealth'
  | 'plan'
  | 'previews'
  | 'prove'
  | 'readLogs'
  | 'reload'
  | 'removeApp'
  | 'stopping'
  | 'tags'
  | 'traffic'
  | 'whyPlain'
>

/** All that the routes need. */
export function httpServices(
  {
    current,
    apps,
    store: { database, journal, record, intake, audit, refusals, feed, sessions },
    registry,
  }: {
    /** The config that is in force at this moment. */
    current: () => CurrentConfig
    apps: Apps<AppConfig>
    store: OpenStore
    registry: Registry
  },
  given: Given,
): Services {
  const byName = httpApps(apps.all)
  return {
    ...given,
    version: VERSION,
    get url() {
      return current().config.url
    },
    get hosts() {
      return current().hosts
    },
    get apps() {
      return byName()
    },
    archive: journal,
    volumes: record.volumes,
    intake,
    audit,
    refusals,
    isProxy: (address) => current().isProxy(address),
    get buckets() {
      return current().buckets
    },
    testKeys: createTestKeys(intake.nowSeconds),
    bodies: createBodyGate(BODIES),
    resolve: registry.resolve,
    feed,
    verifyToken: createVerifyToken(createIssuerKeys(database, Date.now), () => new Date()),
    stoppedSince: (app) => record.stopped(app)?.since,
    awaitsData: (app) => record.stopped(app)?.awaits ?? [],
    sessions,
    get pageHosts() {
      const domain = current().config.page?.domain
      return domain === undefined ? [] : [domain]
    },
    get hasFleet() {
      return current().config.fleet.length > 0
    },
    get pageUrl() {
      return pageUrl(current().config)
    },
    get github() {
      return current().github
    },
    wake: apps.wake,
    get readTokens() {
      return current().config.readTokens
    },
    followKey: createSecretKey(journal.secret('follow')),
  }
}

/** Where browsers find the page. */
function pageUrl(config: Config): string {
  const { host, port } = config.admin
  return publicPageUrl(config) ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Where everybody's browsers find it; `undefined` when it is near the machine alone. */
export function publicPageUrl({ page, url, nginx }: Config): string | undefined {
  if (page?.domain === undefined) return undefined
  const own = new URL(url)
  if (own.hostname === page.domain) return own.origin
  return `https://${page.domain}${portOf(nginx.listenTls)}`
}

/** At which browsers come over TLS, as it stands in a URL: nothing if it is the usual one. */
function portOf(listenTls: readonly string[]): string {
  const ports = listenTls.map(
    (each) => /(?:^|:)(\d+)$/.exec(each.split(' ')[0] ?? '')?.[1] ?? '443',
  )
  return ports.length === 0 || ports.includes('443') ? '' : `:${ports[0]}`
}
