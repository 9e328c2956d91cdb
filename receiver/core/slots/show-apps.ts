import type { AppSpec } from '../app.ts'
import { publishedAt } from '../delegated/published-at.ts'
import { DeployError } from '../errors.ts'
import type { OnEdit } from '../on-edit.ts'
import type { AppUpstreams, Sites, SlotRecord } from './ports.ts'

/**
 * Has Nginx know these apps, and test and reload for all of them once; then asks it for each. A worker is none of its business.
 * Resolves to what there is to warn of. Throws `nginx_failed` and `nginx_edited`.
 */
export async function showApps(
  apps: readonly AppSpec[],
  {
    sites,
    record,
    onEdit = () => 'refuse',
    signal,
  }: {
    sites: Sites & { remove(app: string, onEdit: OnEdit): Promise<boolean> }
    record: Pick<SlotRecord, 'upstreams'>
    onEdit?: (app: string) => OnEdit
    signal: AbortSignal
  },
): Promise<string[]> {
  const { warnings } = await sites.ensure(upstreamsOf(apps, record), onEdit)
  for (const { name, http } of apps) if (!http) await sites.remove(name, onEdit(name))
  const served = apps.filter(({ http }) => http)
  const asked = await Promise.all(served.map(({ name }) => ask(name, sites, signal)))
  return [...warnings.map((each) => `Nginx: ${each}`), ...new Set(asked.flat())]
}

/** What there is to warn of: an app that is not served may be by its next deployment. */
async function ask(app: string, sites: Pick<Sites, 'ask'>, signal: AbortSignal): Promise<string[]> {
  try {
    const { warning } = await sites.ask(app, signal)
    return warning === undefined ? [] : [warning]
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof DeployError)) throw error
    return [`${app} is not served: ${error.message}; ${error.hint ?? ''}`]
  }
}

/** Where those are that have visitors. */
export const upstreamsOf = (
  apps: Iterable<AppSpec>,
  record: Pick<SlotRecord, 'upstreams'>,
): Record<string, AppUpstreams> =>
  Object.fromEntries(
    [...apps].filter(({ http }) => http).map((app) => [app.name, upstreamOf(app, record)]),
  )

function upstreamOf(app: AppSpec, record: Pick<SlotRecord, 'upstreams'>): AppUpstreams {
  if (app.engine !== 'docker') return { published: publishedAt(app) }
  const { name, port = 80, replicas } = app
  return record.upstreams(name, { port, replicas })
}
