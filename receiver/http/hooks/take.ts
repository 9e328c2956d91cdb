import { createHash } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { MAX_BODY_BYTES } from '../../../protocol/hook.ts'
import type { Sender } from '../../core/intake/audit.ts'
import type { Deployment } from '../../../protocol/deployment.ts'
import { RequestError } from '../../core/intake/new-deployment.ts'
import { submit, type Submission } from '../../core/intake/submit.ts'
import { DECOY, readCredentials } from '../auth/authenticate.ts'
import { type Authentic, Rejected } from '../auth/authentic.ts'
import { readBody, tooLarge } from './raw-body.ts'
import { takeHint } from './push-hint.ts'
import { GateClosed } from '../limits/body-gate.ts'
import { ProblemError } from '../problem.ts'
import type { HttpApp, Services } from '../services.ts'
import { type HookContent, readHook } from './read-body.ts'

/** Where a request came in: the local socket's file mode has said already who may use it. */
export type Origin = { kind: 'socket' } | { kind: 'network'; address: string }

/** What became of a hook. */
export type Taken =
  | { kind: 'accepted' | 'repeated' | 'unchanged'; deployment: Deployment }
  | { kind: 'ignored'; reason: string }
  | { kind: 'pong' }

/** What was found out about a request so far, for the audit trail. */
interface Trace {
  sender: Sender
  authentic: boolean
  request?: string
}

/**
 * Takes one hook: host, size, shape and time of its credentials, their signature over the raw bytes, and only then what
 * the body says; at the end one durable transaction. Throws `ProblemError`.
 */
export async function takeHook(
  c: Context,
  name: string,
  services: Services,
  origin: Origin,
): Promise<Taken> {
  const app = services.apps.get(name)
  const trace: Trace = { sender: { kind: 'none' }, authentic: false }
  const place = {
    ...(app === undefined ? {} : { app: name }),
    ...(origin.kind === 'network' ? { address: origin.address } : {}),
  }
  const note = (
    outcome: 'repeated' | 'unchanged' | 'ignored' | 'rejected' | 'refused',
    more: object,
  ) => services.refusals.note({ ...place, sender: trace.sender, ...ask(trace), outcome, ...more })
  try {
    const { authentic, body } =
      origin.kind === 'socket'
        ? { authentic: FROM_SOCKET, body: await readBody(c) }
        : await identify(c, name, services, origin.address, trace)
    trace.sender = authentic.sender
    trace.authentic = true
    if (app === undefined) throw unknownApp(name, services)
    if (authentic.refused !== undefined) {
      throw new ProblemError('claims_not_allowed', authentic.refused, {
        hint: `apps.${name}.auth.oidc says whose tokens are allowed`,
      })
    }
    const wish = readHook(c.req.raw.headers, body, authentic, app)
    trace.request = wish.summary
    const taken = await take(wish, { authentic, app, body, services, place })
    if (taken.kind === 'ignored') note('ignored', { reason: taken.reason })
    if (taken.kind === 'repeated' || taken.kind === 'unchanged') {
      note(taken.kind, { deployment: taken.deployment.id })
    }
    return taken
  } catch (error) {
    if (error instanceof ProblemError) {
      note(trace.authentic ? 'refused' : 'rejected', {
        reason: (error.reason ?? error.message).slice(0, 500),
      })
    }
    throw error
  }
}

const FROM_SOCKET: Authentic = { sender: { kind: 'socket' }, says: 'orders', mayDeploy: true }

/** Who sent these raw bytes. What is cheap is checked first, and the body is read last. */
async function identify(
  c: Context,
  name: string,
  services: Services,
  address: string,
  trace: Trace,
): Promise<{ authentic: Authentic; body: Uint8Array }> {
  const { headers } = c.req.raw
  const host = headers.get('host') ?? ''
  if (!services.hosts.has(host.toLowerCase())) {
    throw rejected(`Host ${JSON.stringify(host)} is not that of ${services.url}`)
  }
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>
  // it would go before the Host header (RFC 9112, section 3.2.2), and no sender of hooks has use for one
  if (incoming?.url?.startsWith('/') === false) throw rejected('the target is an absolute URL')
  const declared = Number(headers.get('content-length') ?? 0)
  if (declared > MAX_BODY_BYTES) throw tooLarge(declared)
  try {
    const { verifyToken } = services
    const nowSeconds = services.intake.nowSeconds()
    const claimed = readCredentials(headers, { nowSeconds, verifyToken })
    trace.sender = { kind: claimed.kind }
    const body = await services.bodies.enter(address, () => readBody(c))
    const app = services.apps.get(name)
    const authentic = await claimed.verify(body, {
      name,
      hookUrl: `${services.url}/hooks/${name}`,
      credentials: app?.credentials ?? DECOY,
    })
    if (app === undefined) throw new Rejected(`there is no app ${JSON.stringify(name)}`)
    return { authentic, body }
  } catch (error) {
    if (error instanceof GateClosed) throw busy()
    if (!(error instanceof Rejected)) throw error
    if (!error.retry) throw rejected(error.message)
    services.log('error', 'hook not verified', { app: name, reason: error.message })
    throw new ProblemError('issuer_unavailable', "the token issuer's keys cannot be fetched now", {
      hint: 'try again in a moment',
      headers: { 'retry-after': '15' },
      reason: error.message,
    })
  }
}

/** Where users reach an app: its first domain that names one host. */
function urlOf({ domains }: HttpApp): { url?: string } {
  const domain = domains.find((each) => !each.startsWith('*.'))
  return domain === undefined ? {} : { url: `https://${domain}` }
}

async function take(
  wish: HookContent,
  {
    authentic,
    app,
    body,
    services,
    place,
  }: {
    authentic: Authentic
    app: HttpApp
    body: Uint8Array
    services: Services
    place: { address?: string }
  },
): Promise<Taken> {
  if (wish.kind === 'ping') return { kind: 'pong' }
  const asks = wish.kind === 'order' ? wish : await takeHint(wish, app, services)
  if (asks.kind === 'ignored') return asks
  const key =
    authentic.key ?? (wish.id === undefined ? undefined : ({ kind: 'body', key: wish.id } as const))
  const submission: Submission = {
    app: app.spec,
    ...urlOf(app),
    asks,
    source: wish.source,
    attestations: wish.attestations,
    bodySha256: createHash('sha256').update(body).digest('hex'),
    ...(key === undefined ? {} : { key }),
    ...(authentic.token === undefined ? {} : { token: authentic.token }),
    audit: { sender: authentic.sender, request: wish.summary, ...place },
  }
  const outcome = accept(() => submit(submission, services.intake))
  switch (outcome.kind) {
    case 'replayed':
      throw rejected('the token was used before')
    case 'id_reused':
      throw new ProblemError(
        'id_reused',
        `the id ${JSON.stringify(key?.key)} came with another body before`,
        { hint: 'give every new request an id of its own' },
      )
    case 'accepted':
      services.log('info', 'hook accepted', {
        app: app.spec.name,
        ...place,
        sender: authentic.sender,
        request: wish.summary,
        deployment: outcome.deployment.id,
      })
      services.wake(app.spec.name)
      return outcome
    case 'repeated':
    case 'unchanged':
      return outcome
  }
}

const ask = ({ request }: Trace) => (request === undefined ? {} : { request })

/** The same answer whatever was wrong, and for an app that does not exist. */
const rejected = (reason: string) =>
  new ProblemError('signature_rejected', 'signature rejected', {
    reason,
    headers: { 'www-authenticate': 'Bearer, Basic realm="deploy-receiver"' },
  })

const busy = () =>
  new ProblemError('busy', 'too many requests are being read at the moment', {
    hint: 'try again in a moment',
    headers: { 'retry-after': '1', connection: 'close' },
  })

const unknownApp = (name: string, { apps }: Services) =>
  new ProblemError('unknown_app', `there is no app ${JSON.stringify(name)}`, {
    hint: `the config has: ${[...apps.keys()].join(', ')}`,
  })

function accept<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    throw new ProblemError(error.code, error.message, { hint: error.hint })
  }
}
