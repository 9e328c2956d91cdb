import type { Context } from 'hono'
import { DeployError } from '../../core/errors.ts'
import { ProblemError } from '../problem.ts'
import type { Services } from '../services.ts'

/** `POST /reload`, on the local socket: takes the config as it is on disk, and says what changed. */
export async function reload(c: Context, services: Services): Promise<Response> {
  try {
    return c.json(await services.reload())
  } catch (cause) {
    const { message, hint } = cause as Error & { hint?: string }
    throw new ProblemError('config_refused', message, {
      hint: hint ?? 'the config that was read before stays in force',
      cause,
    })
  }
}

/** `DELETE /apps/{app}`, on the local socket: takes an app that is not configured any more off this machine. */
export async function removeApp(c: Context, app: string, services: Services): Promise<Response> {
  if (services.apps.has(app)) {
    throw new ProblemError('app_configured', `${app} is in the config`, {
      hint: `take apps.${app} out of it and reload first: deploy-receiver reload`,
    })
  }
  const removed = await services.removeApp(app)
  if (removed.length > 0) return c.json({ removed })
  throw new ProblemError('unknown_app', `there is nothing of an app ${JSON.stringify(app)}`, {
    hint: `the config has: ${[...services.apps.keys()].join(', ')}`,
  })
}

/** `GET /apps/{app}/tags`, on the local socket: the registry's tags beside the digests in history. */
export async function readTags(c: Context, name: string, services: Services): Promise<Response> {
  const app = services.apps.get(name)
  if (app === undefined) {
    throw new ProblemError('unknown_app', `there is no app ${JSON.stringify(name)}`, {
      hint: `the config has: ${[...services.apps.keys()].join(', ')}`,
    })
  }
  const live = services.archive.live(name)?.deployment.image.digest
  const past = services.intake.history(name)
  const wanted = new Set([app.spec.image.tag, ...past.flatMap(({ tag }) => tag ?? [])])
  const { tags, total, hasMore } = await services.tags(app.spec, wanted).catch((cause: unknown) => {
    if (!(cause instanceof DeployError)) throw cause
    const { message, hint } = cause
    throw new ProblemError('registry_failed', message, hint === undefined ? {} : { hint })
  })
  return c.json({
    total,
    has_more: hasMore,
    tags: tags.map(({ tag, digest }) => ({
      tag,
      digest: digest ?? null,
      deployment: past.find((each) => each.digest === digest)?.id ?? null,
      live: digest !== undefined && digest === live,
    })),
  })
}
