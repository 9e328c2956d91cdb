import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import type { Registry } from '../core/image/registry.ts'
import type { AppSpec } from '../core/app.ts'
import type { AuditTrail } from '../core/intake/audit.ts'
import type { Finding } from '../core/finding.ts'
import type { Log } from '../core/log.ts'
import type { Feed } from '../core/feed.ts'
import type { Intake } from '../core/intake/submit.ts'
import type { VerifyToken } from '../core/intake/tokens.ts'
import type { AppCredentials } from './auth/authentic.ts'
import type { BodyGate } from './limits/body-gate.ts'
import type { IsProxy } from './limits/client-address.ts'
import type { TokenBuckets } from './limits/token-buckets.ts'
import type { Refusals } from './refusals.ts'

/** An app as the HTTP side sees it. */
export interface HttpApp {
  spec: AppSpec
  domains: readonly string[]
  credentials: AppCredentials
}

/** What the HTTP side reads of the store. */
export interface Archive {
  get(id: string): { deployment: Deployment } | undefined
  list(app: string, options: { limit: number; before?: string }): Deployment[]
  live(app: string): { deployment: Deployment } | undefined
  /** The running deployment, else the waiting one. */
  next(app: string): { deployment: Deployment } | undefined
  events(id: string, after: number): { number: number; event: DeploymentEvent }[]
}

/** What a reload changed, by name. */
export interface Changed {
  added: string[]
  changed: string[]
  /** Apps that are no longer configured and go on running. */
  removed: string[]
  keys: string[]
}

/** Everything that the routes need, made once in `serve`. */
export interface Services {
  version: string
  /** Public base URL. */
  url: string
  /** Host headers under which hooks are taken. */
  hosts: ReadonlySet<string>
  apps: ReadonlyMap<string, HttpApp>
  archive: Archive
  intake: Intake
  audit: Pick<AuditTrail, 'list'>
  refusals: Refusals
  isProxy: IsProxy
  buckets: TokenBuckets
  bodies: BodyGate
  feed: Feed
  verifyToken: VerifyToken
  /** Asks the registry what a tag stands for. */
  resolve: Registry['resolve']
  /** Takes the config as it is on disk now, and says what changed. Throws an error with its remedy. */
  reload(): Promise<Changed>
  /** Takes an app that is not configured off this machine. Resolves to what was removed; nothing when nothing is there. */
  removeApp(app: string): Promise<string[]>
  /** Looks at all that a deployment needs. */
  doctor(): Promise<Finding[]>
  /** The tags of an app's repository with their digests, these ones in any case, and how many there are. */
  tags(
    app: AppSpec,
    wanted: ReadonlySet<string>,
  ): Promise<{
    tags: { tag: string; digest: string | undefined }[]
    total: number
    hasMore: boolean
  }>
  /** Tells an app's reconciler to look. */
  wake(app: string): void
  readTokens: readonly string[]
  /** Key of the follow tokens. */
  followKey: Uint8Array
  log: Log
  /** Aborts when the receiver stops: open streams end. */
  stopping: AbortSignal
}
