import { createHash } from 'node:crypto'
import * as v from 'valibot'
import type { Deployment } from '../../protocol/deployment.ts'
import { HookBody } from '../../protocol/hook.ts'
import { ImageReferenceError, parseImage } from '../../protocol/image-reference.ts'
import { type Request as DeployRequest, RequestError } from '../core/queue.ts'
import { submit } from '../core/submit.ts'
import { authenticate, Rejected, type Sender } from './auth/authenticate.ts'
import { readBody } from './body.ts'
import { ProblemError } from './problem.ts'
import type { HttpApp, Services } from './services.ts'

/**
 * Takes one hook: host, route, size, signature over the raw bytes, and only then what the body says; at the end one
 * durable transaction. Throws `ProblemError`.
 */
export async function takeHook(
  request: Request,
  name: string,
  services: Services,
  { trusted }: { trusted: boolean },
): Promise<Deployment> {
  const { log } = services
  const app = services.apps.get(name)
  const body = await readBody(request)
  const sender = trusted
    ? ({ kind: 'socket', who: 'local socket' } satisfies Sender)
    : await identify(request, name, body, app, services)
  if (app === undefined) {
    throw new ProblemError('unknown_app', `there is no app ${JSON.stringify(name)}`, {
      hint: `the config has: ${[...services.apps.keys()].join(', ')}`,
    })
  }
  if (sender.refused !== undefined) {
    log('warn', 'hook refused', { app: name, who: sender.who, reason: sender.refused })
    throw new ProblemError('claims_not_allowed', sender.refused, {
      hint: `apps.${name}.auth.oidc says whose tokens are allowed`,
    })
  }
  const hook = parseBody(request, body)
  const deployRequest = requestOf(hook, app)
  const key =
    sender.webhookId === undefined
      ? hook.id === undefined
        ? undefined
        : ({ kind: 'body', key: hook.id } as const)
      : ({ kind: 'webhook', key: sender.webhookId } as const)
  const outcome = accept(() =>
    submit(
      {
        app: app.spec,
        request: deployRequest,
        source: hook.source ?? {},
        bodySha256: createHash('sha256').update(body).digest('hex'),
        ...(key === undefined ? {} : { key }),
        ...(sender.token === undefined ? {} : { token: sender.token }),
      },
      services.intake,
    ),
  )
  switch (outcome.kind) {
    case 'replayed':
      throw rejected(services, name, 'the token was used before')
    case 'id_reused':
      throw new ProblemError(
        'id_reused',
        `the id ${JSON.stringify(key?.key)} came with another body before`,
        {
          hint: 'give every new request an id of its own',
        },
      )
    case 'repeated':
      log('info', 'hook repeated', {
        app: name,
        who: sender.who,
        deployment: outcome.deployment.id,
      })
      return outcome.deployment
    case 'accepted':
      log('info', 'hook accepted', {
        app: name,
        who: sender.who,
        deployment: outcome.deployment.id,
      })
      services.wake(name)
      return outcome.deployment
  }
}

async function identify(
  request: Request,
  name: string,
  body: Uint8Array,
  app: HttpApp | undefined,
  services: Services,
): Promise<Sender> {
  const host = request.headers.get('host') ?? ''
  if (!services.hosts.has(host.toLowerCase())) {
    throw rejected(services, name, `Host ${JSON.stringify(host)} is not that of ${services.url}`)
  }
  try {
    return await authenticate(
      {
        headers: request.headers,
        body,
        hookUrl: `${services.url}/hooks/${name}`,
        nowSeconds: services.intake.nowSeconds(),
      },
      app?.credentials,
      services.verifyToken,
    )
  } catch (error) {
    if (!(error instanceof Rejected)) throw error
    if (!error.retry) throw rejected(services, name, error.message)
    services.log('error', 'hook not verified', { app: name, reason: error.message })
    throw new ProblemError('issuer_unavailable', "the token issuer's keys cannot be fetched now", {
      hint: 'try again in a moment',
      headers: { 'retry-after': '15' },
    })
  }
}

/** The same answer whatever was wrong, and for an app that does not exist. */
function rejected(services: Services, app: string, reason: string): ProblemError {
  services.log('warn', 'hook rejected', { app: app.slice(0, 64), reason: reason.slice(0, 500) })
  return new ProblemError('signature_rejected', 'signature rejected')
}

function parseBody(request: Request, body: Uint8Array): HookBody {
  if (body.byteLength === 0) return {}
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new ProblemError('unsupported_media_type', `Content-Type is ${type ?? 'missing'}`, {
      hint: 'send JSON with Content-Type: application/json',
    })
  }
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ProblemError('malformed_json', `the body is not JSON: ${reason}`, { cause })
  }
  const result = v.safeParse(HookBody, json)
  if (result.success) return result.output
  const [issue] = result.issues
  const path = v.getDotPath(issue)
  throw new ProblemError('malformed_body', `${path === null ? 'body' : path}: ${issue.message}`, {
    hint: 'the body is {"image": "…"} or {"rollback": "…"} or {}, and may have id and source',
  })
}

/** What is asked for, if the app's policy allows it: only its own repository, compared as a parsed reference. */
function requestOf(hook: HookBody, { spec }: HttpApp): DeployRequest {
  if (hook.rollback !== undefined) return { action: 'rollback', to: hook.rollback }
  if (hook.image === undefined) return { action: 'redeploy' }
  const image = parse(hook.image)
  if (image.repository !== spec.image.repository) {
    throw new ProblemError(
      'image_not_allowed',
      `${image.repository} is not the repository of ${spec.name}, which is ${spec.image.repository}`,
      { hint: `push to that repository, or set apps.${spec.name}.image` },
    )
  }
  return {
    action: 'deploy',
    ...(image.tag === undefined ? {} : { tag: image.tag }),
    ...(image.digest === undefined ? {} : { digest: image.digest }),
  }
}

function parse(reference: string) {
  try {
    return parseImage(reference)
  } catch (cause) {
    if (!(cause instanceof ImageReferenceError)) throw cause
    throw new ProblemError('malformed_reference', cause.message, {
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      cause,
    })
  }
}

function accept<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    throw new ProblemError(error.code, error.message, { hint: error.hint })
  }
}
