import type { VerifyingKey } from '../../../protocol/standard-webhooks.ts'
import type { Sender } from '../../core/intake/audit.ts'
import type { IdempotencyKey } from '../../core/intake/submit.ts'
import { StacklessError } from '../problem.ts'
import type { ClaimRule } from './claims.ts'

/** What an app accepts; keys are parsed once, when the config is read. */
export interface AppCredentials {
  oidc: readonly ClaimRule[]
  webhookKeys: readonly VerifyingKey[]
  basic: BasicCredentials
  /** Secrets of GitHub webhooks. */
  github: readonly string[]
  /** Those of its previews, which are not for the app itself; absent: it has none. */
  previews?: Pick<AppCredentials, 'oidc' | 'webhookKeys'>
}

export interface BasicCredentials {
  tokens: readonly string[]
  /** Whether the tokens may name an `image`. */
  deploy: boolean
}

/** An authentic request: who sent it, and what its kind allows and demands. */
export interface Authentic {
  sender: Sender
  /** When it was signed, in Unix seconds, where the signature has it. */
  signedAt?: number
  /** What the signature itself names as its idempotency key. */
  key?: IdempotencyKey
  /** `expiresAt` in Unix seconds. */
  token?: { issuer: string; jti: string; expiresAt: number }
  /** Authentic, but not allowed to do anything with the app itself: why. */
  refused?: string
  /** What it may do with previews of the app; absent: nothing. */
  previews?: PreviewRights
  /** `orders`: the body is ours. `payloads`: it is what a registry or GitHub says, a hint. `both`: either. */
  says: 'orders' | 'payloads' | 'both'
  /** Whether it may name an `image`. */
  mayDeploy: boolean
  /** Its key was made for a test: it may send nothing else. */
  testsAlone?: boolean
  /** Whether a rollback of it may bring rights and secrets of then back: whoever is root here anyway. */
  mayRestoreRights?: boolean
}

/** `any`: whichever it names. Of a token, as far as its claims say which one is its own. */
export type PreviewRights = 'any' | { claims: Readonly<Record<string, unknown>> }

/** Checks a request's signature over the raw bytes of its body. Throws `Rejected`. */
export type VerifySender = (
  body: Uint8Array,
  app: { name: string; hookUrl: string; credentials: AppCredentials },
) => Promise<Authentic> | Authentic

/** Why credentials are not taken. The reason is for the log alone; strangers learn only that they were rejected. */
export class Rejected extends StacklessError {
  /** It may be taken later: what is needed to verify it cannot be had now. */
  readonly retry: boolean

  constructor(reason: string, { retry = false } = {}) {
    super(reason)
    this.name = 'Rejected'
    this.retry = retry
  }
}
