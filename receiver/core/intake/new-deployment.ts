import type { Deployment } from '../../../protocol/deployment.ts'
import type { Source } from '../../../protocol/hook.ts'
import type { AppSpec } from '../app.ts'
import { type History, rollbackTarget } from './rollback-target.ts'

/** What an authentic and allowed sender asks for. */
export type Request =
  | { action: 'deploy'; tag?: string; digest?: string; hint?: boolean }
  | {
      action: 'redeploy'
      /** What is live is to be started anew, and nothing else. */ restart?: Deployment
    }
  | { action: 'rollback'; to: string; currentSettings?: boolean; releaseSettings?: boolean }

/**
 * The new deployment that a request stands for. `history` is the app's, of those that had a digest;
 * `live` is the digest that serves now. Throws `RequestError` when a rollback names nothing, or too much.
 */
export function newDeployment({
  id,
  app,
  request,
  source,
  url,
  requestId,
  now,
  history,
  live,
}: {
  id: string
  app: AppSpec
  request: Request
  source: Source
  url?: string
  requestId?: string
  now: string
  history: () => History
  live: () => string | undefined
}): Deployment {
  const { settingsOf, ...image } = wanted(app, request, history, live)
  const restarted = request.action === 'redeploy' ? request.restart : undefined
  return {
    id,
    app: app.name,
    action: request.action,
    status: 'queued',
    image: { repository: app.image.repository, ...image },
    ...(settingsOf === undefined ? {} : { settings_of: settingsOf }),
    ...((request.action === 'rollback' && request.releaseSettings === true) ||
    restarted?.release_settings === true
      ? { release_settings: true }
      : {}),
    ...(restarted === undefined ? {} : { restart: true }),
    ...(request.action === 'deploy' && request.hint === true ? { hint: true } : {}),
    ...(url === undefined ? {} : { url }),
    source,
    ...(requestId === undefined ? {} : { request_id: requestId }),
    created_at: now,
    steps: [],
  }
}

function wanted(
  app: AppSpec,
  request: Request,
  history: () => History,
  live: () => string | undefined,
): { tag?: string; digest?: string; settingsOf?: string } {
  switch (request.action) {
    case 'redeploy':
      return request.restart === undefined ? { tag: app.image.tag } : again(request.restart)
    case 'deploy':
      return {
        ...(request.digest === undefined ? { tag: request.tag ?? app.image.tag } : {}),
        ...(request.tag === undefined ? {} : { tag: request.tag }),
        ...(request.digest === undefined ? {} : { digest: request.digest }),
      }
    case 'rollback': {
      const past = rollbackTarget(app.name, request.to, history(), live())
      return {
        digest: past.digest,
        ...(past.tag === undefined ? {} : { tag: past.tag }),
        ...(request.currentSettings === true ? {} : { settingsOf: past.id }),
      }
    }
  }
}

/** The same digest, whatever its tag stands for by now; what went back to the settings of its release keeps to them. */
function again({ image: { tag, digest }, settings_of: settingsOf }: Deployment) {
  return {
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(settingsOf === undefined ? {} : { settingsOf }),
  }
}
