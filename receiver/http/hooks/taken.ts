import type { Deployment } from '../../../protocol/deployment.ts'
import type { HttpApp } from '../apps.ts'
import type { Authentic } from '../auth/authentic.ts'

/** An allowed hook on its way to a deployment. */
export interface Allowed {
  app: HttpApp
  authentic: Authentic
  body: Uint8Array
  /** Where it came in, for the log and the audit trail. */
  place: { address?: string; request_id?: string }
}

/** What became of a hook. */
export type Taken =
  | { kind: 'accepted' | 'repeated' | 'unchanged'; deployment: Deployment }
  | { kind: 'ignored'; reason: string }
  /** A preview is to be gone, and will be. */
  | { kind: 'leaves'; preview: string }
  /** What would have come of it. */
  | { kind: 'tested'; detail: string }
  | { kind: 'pong' }
