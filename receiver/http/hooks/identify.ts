import { MAX_BODY_BYTES } from '../../../protocol/hook.ts'
import type { VerifyingKey } from '../../../protocol/standard-webhooks.ts'
import type { Sender } from '../../core/intake/audit.ts'
import type { VerifyToken } from '../../core/intake/oidc-token.ts'
import type { HttpApps } from '../apps.ts'
import type { Arrival, Origin } from '../arrival.ts'
import { type Claimed, DECOY, readCredentials } from '../auth/authenticate.ts'
import { type AppCredentials, type Authentic, Rejected } from '../auth/authentic.ts'
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
 * Finds out whose hook this is, and leaves a trace of one that is nobody's. What is cheap is checked first: host, size, the shape
 * and time of its credentials; then their signature over the raw bytes. Resolves to the problem that the sender is told of:
 * thrown once more, it would cost a flood as much as its signatures do.
 */
export async function identify(
  hook: Unidentified,
  services: IdentifyServices,
  trail: Pick<Trail, 'rejected'>,
): Promise<Identified | ProblemError> {
  const { name, origin, readBody } = hook
  // the kind of the credentials; none before they have said anything
  let sender: Sender = { kind: 'none' }
  try {
    if (origin.kind === 'socket') return { authentic: FROM_SOCKET, body: await readBody() }
    const claimed = readCredentialsOf(hook, services)
    sender = { kind: claimed.kind }
    const body = await services.bodies.enter(subscriber(origin.address), readBody)
    const app = services.apps.get(name)
    const testKey = app === undefined ? undefined : services.testKeys.of(name)
    const authentic = await claimed.verify(body, {
      name,
      hookUrl: `${services.url}/hooks/${name}`,
      credentials: withTestKey(app?.credentials ?? DECOY, testKey),
    })
    // verified also for an app that does not exist, so that strangers cannot tell
    if (app === undefined) throw new Rejected(`there is no app ${JSON.stringify(name)}`)
    const testsAlone = testKey !== undefined && authentic.sender.key === testKey.fingerprint
    return { authentic: testsAlone ? { ...authentic, testsAlone } : authentic, body }
  } catch (error) {
    const told = toldOf(error)
    if (!(told instanceof ProblemError)) throw told
    trail.rejected({ sender }, told)
    return told
  }
}

/** Of a failure as little as there is need for. */
function toldOf(error: unknown): unknown {
  if (error instanceof GateClosed) return busy()
  if (!(error instanceof Rejected)) return error
  return error.retry ? issuerUnavailable(error.message) : rejected(error.message)
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

const withTestKey = (
  credentials: AppCredentials,
  testKey: VerifyingKey | undefined,
): AppCredentials =>
  testKey === undefined
    ? credentials
    : { ...credentials, webhookKeys: [...credentials.webhookKeys, testKey] }

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
