import { MAX_BODY_BYTES } from '../../../protocol/hook.ts'
import type { Sender } from '../../core/intake/audit.ts'
import type { VerifyToken } from '../../core/intake/oidc-token.ts'
import type { HttpApps } from '../apps.ts'
import type { Arrival, Origin } from '../arrival.ts'
import { type Claimed, DECOY, readCredentials } from '../auth/authenticate.ts'
import { type Authentic, Rejected } from '../auth/authentic.ts'
import { foreignHost, type IsOwnHost } from '../hosts.ts'
import { type BodyGate, GateClosed } from '../limits/body-gate.ts'
import { subscriber } from '../limits/client-address.ts'
import { ProblemError } from '../problem.ts'
import { tooLarge } from './raw-body.ts'
import type { TestKeys } from './test-keys.ts'
import type { Trail } from './trail.ts'

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

/** A hook whose sender is to be found out. */
export interface Unidentified extends Arrival {
  /** The app that it is for, by its address. */
  name: string
  origin: Origin
  /** Its raw bytes. Throws `body_too_large`, or `Rejected` when it was cut off. */
  readBody(): Promise<Uint8Array>
}

/** A hook whose sender is known. */
export interface Identified {
  authentic: Authentic
  body: Uint8Array
}

/**
 * Finds out whose hook this is, and leaves a trace of one that is nobody's: host, size, shape and time of its credentials,
 * then their signature over the raw bytes. Throws `ProblemError`.
 */
export async function identify(
  hook: Unidentified,
  services: IdentifyServices,
  trail: Pick<Trail, 'orRejected'>,
): Promise<Identified> {
  const claim = await trail.orRejected({ sender: { kind: 'none' } }, () =>
    readClaim(hook, services),
  )
  return trail.orRejected({ sender: claim.sender }, claim.confirm)
}

/** Who a request says that it is from, by its headers alone, and how that is confirmed. */
interface Claim {
  /** The kind of the credentials; `none` before they have said anything. */
  sender: Sender
  /** Reads the body and verifies the sender over its raw bytes. Throws `ProblemError`. */
  confirm(): Promise<Identified>
}

/**
 * Reads whose hook this says it is. What is cheap is checked first: host, size, the shape and time of the credentials; the
 * body is not touched yet. Throws `ProblemError`.
 */
async function readClaim(hook: Unidentified, services: IdentifyServices): Promise<Claim> {
  const { name, origin, readBody } = hook
  if (origin.kind === 'socket') {
    return {
      sender: { kind: 'none' },
      confirm: async () => ({ authentic: FROM_SOCKET, body: await readBody() }),
    }
  }
  const claimed = await asStranger(() => readCredentialsOf(hook, services))
  return {
    sender: { kind: claimed.kind },
    confirm: () =>
      asStranger(async () => {
        const body = await services.bodies.enter(subscriber(origin.address), readBody)
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

function readCredentialsOf(arrival: Arrival, services: IdentifyServices): Claimed {
  const foreign = foreignHost(arrival, services.hosts.public)
  if (foreign !== undefined) throw new Rejected(foreign)
  const { headers } = arrival
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
