import type { Context } from 'hono'
import { MAX_BODY_BYTES } from '../../../protocol/hook.ts'
import type { Sender } from '../../core/intake/audit.ts'
import type { VerifyToken } from '../../core/intake/oidc-token.ts'
import type { HttpApps } from '../apps.ts'
import { type Claimed, DECOY, readCredentials } from '../auth/authenticate.ts'
import { type Authentic, Rejected } from '../auth/authentic.ts'
import { foreignHost, type IsOwnHost } from '../hosts.ts'
import { type BodyGate, GateClosed } from '../limits/body-gate.ts'
import { subscriber } from '../limits/client-address.ts'
import { ProblemError } from '../problem.ts'
import { readBody, tooLarge } from './raw-body.ts'
import type { TestKeys } from './test-keys.ts'

/** Where a request came in: the local socket's file mode has said already who may use it. */
export type Origin = { kind: 'socket' } | { kind: 'network'; address: string }

export interface IdentifyServices {
  /** Public base URL. */
  url: string
  hosts: { public: IsOwnHost }
  apps: HttpApps
  /** Bounds the bodies of strangers that are read at once. */
  bodies: BodyGate
  intake: { nowSeconds(): number }
  verifyToken: VerifyToken
  testKeys: Pick<TestKeys, 'of'>
}

/** Who a request says that it is from, by its headers alone, and how that is confirmed. */
export interface Claim {
  /** The kind of the credentials; `none` before they have said anything. */
  sender: Sender
  /** Reads the body and verifies the sender over its raw bytes. Throws `ProblemError`. */
  confirm(): Promise<{ authentic: Authentic; body: Uint8Array }>
}

/**
 * Reads whose hook this says it is. What is cheap is checked first: host, size, the shape and time of the credentials; the
 * body is not touched yet. Throws `ProblemError`.
 */
export async function readClaim(
  c: Context,
  { name, origin, services }: { name: string; origin: Origin; services: IdentifyServices },
): Promise<Claim> {
  if (origin.kind === 'socket') {
    return {
      sender: { kind: 'none' },
      confirm: async () => ({ authentic: FROM_SOCKET, body: await readBody(c) }),
    }
  }
  const claimed = await asStranger(() => readCredentialsOf(c, services))
  return {
    sender: { kind: claimed.kind },
    confirm: () =>
      asStranger(async () => {
        const body = await services.bodies.enter(subscriber(origin.address), () => readBody(c))
        return { authentic: await verify(claimed, { name, body, services }), body }
      }),
  }

  /** Runs a step whose failure a stranger is told as little of as there is need for. */
  async function asStranger<T>(step: () => T | Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (error) {
      if (error instanceof GateClosed) throw busy()
      if (!(error instanceof Rejected)) throw error
      throw error.retry ? issuerUnavailable(error.message) : rejected(error.message)
    }
  }
}

const FROM_SOCKET: Authentic = {
  sender: { kind: 'socket' },
  says: 'orders',
  mayDeploy: true,
  mayRestoreRights: true,
  previews: 'any',
}

function readCredentialsOf(c: Context, services: IdentifyServices): Claimed {
  const foreign = foreignHost(c, services.hosts.public)
  if (foreign !== undefined) throw new Rejected(foreign)
  const { headers } = c.req.raw
  const declared = Number(headers.get('content-length') ?? 0)
  if (declared > MAX_BODY_BYTES) throw tooLarge(declared)
  const { intake, verifyToken } = services
  return readCredentials(headers, { nowSeconds: intake.nowSeconds(), verifyToken })
}

/** Verifies also for an app that does not exist, so that strangers cannot tell. Throws `Rejected`. */
async function verify(
  claimed: Claimed,
  { name, body, services }: { name: string; body: Uint8Array; services: IdentifyServices },
): Promise<Authentic> {
  const app = services.apps.get(name)
  const credentials = app?.credentials ?? DECOY
  const testKey = app === undefined ? undefined : services.testKeys.of(name)
  const webhookKeys = [...credentials.webhookKeys, ...(testKey === undefined ? [] : [testKey])]
  const authentic = await claimed.verify(body, {
    name,
    hookUrl: `${services.url}/hooks/${name}`,
    credentials: { ...credentials, webhookKeys },
  })
  if (app === undefined) throw new Rejected(`there is no app ${JSON.stringify(name)}`)
  const testsAlone = testKey !== undefined && authentic.sender.key === testKey.fingerprint
  return testsAlone ? { ...authentic, testsAlone } : authentic
}

/** The same answer whatever was wrong, and for an app that does not exist. `reason` is for the log. */
export const rejected = (reason: string): ProblemError =>
  new ProblemError('signature_rejected', 'signature rejected', {
    reason,
    headers: { 'www-authenticate': 'Bearer, Basic realm="deploy-receiver"' },
  })

const busy = () =>
  new ProblemError('busy', 'too many requests are being read at the moment', {
    hint: 'try again in a moment',
    headers: { 'retry-after': '1', connection: 'close' },
  })

const issuerUnavailable = (reason: string) =>
  new ProblemError('issuer_unavailable', "the token issuer's keys cannot be fetched now", {
    hint: 'try again in a moment',
    headers: { 'retry-after': '15' },
    reason,
  })
