import type { Context } from 'hono'
import type { Deployment } from '../../../protocol/deployment.ts'
import type { AppSpec } from '../../core/app.ts'
import { DeployError } from '../../core/errors.ts'
import type { History } from '../../core/intake/rollback-target.ts'
import { appNamed, type HttpApps } from '../apps.ts'
import { ProblemError } from '../problem.ts'

export interface TagServices {
  apps: HttpApps
  archive: { live(app: string): { deployment: Deployment } | undefined }
  intake: { history(app: string): Pick<History, 'newest'> }
  /** The tags of an app's repository with their digests, these ones in any case, and how many there are. */
  tags(app: AppSpec, wanted: ReadonlySet<string>): Promise<Tags>
}

interface Tags {
  tags: { tag: string; digest: string | undefined }[]
  total: number
  hasMore: boolean
}

/** `GET /apps/{app}/tags`: the registry's tags beside the digests in history. */
export async function readTags(c: Context, name: string, services: TagServices): Promise<Response> {
  const { spec } = appNamed(name, services.apps)
  const live = services.archive.live(name)?.deployment.image.digest
  const past = [...services.intake.history(name).newest()]
  const wanted = new Set([spec.image.tag, ...past.flatMap(({ tag }) => tag ?? [])])
  const { tags, total, hasMore } = await services.tags(spec, wanted).catch((cause: unknown) => {
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
