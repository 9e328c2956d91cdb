import type { AppSpec } from '../app.ts'
import { publishedAt } from '../delegated/published-at.ts'
import { publishedNow } from '../delegated/published-now.ts'
import { DeployError } from '../errors.ts'
import type { Journal } from '../journal.ts'
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
    journal,
    onEdit = () => 'refuse',
    signal,
  }: {
    sites: Pick<Sites, 'ensure' | 'ask'> & { remove(app: string, onEdit: OnEdit): Promise<boolean> }
    onEdit?: (app: string) => OnEdit
    signal: AbortSignal
  } & UpstreamPorts,
): Promise<string[]> {
  const { warnings } = await sites.ensure(upstreamsOf(apps, { record, journal }), onEdit)
  for (const { name, http } of apps) if (!http) await sites.remove(name, onEdit(name))
  const served = apps.filter(({ http }) => http)
  const asked = await Promise.all(served.map(({ name }) => ask(name, sites, signal)))
  return [...warnings.map((each) => `Nginx: ${each}`), ...new Set(asked.flat())]
}

/** What there is to warn of: an app that is not served may be by its next deployment. */
async function ask(app: string, sites: Pick<Sites, 'ask'>, signal: AbortSignal): Promise<string[]> {
  try {
    const { warning } = await sites.ask(app, signal, { url: false })
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
  ports: UpstreamPorts,
): Record<string, AppUpstreams> =>
  Object.fromEntries(
    [...apps].filter(({ http }) => http).map((app) => [app.name, upstreamOf(app, ports)]),
  )

/** By which it is known where apps are. */
interface UpstreamPorts {
  record: Pick<SlotRecord, 'upstreams'>
  journal: Pick<Journal, 'live' | 'next' | 'settings'>
}

function upstreamOf(app: AppSpec, { record, journal }: UpstreamPorts): AppUpstreams {
  if (app.engine === 'kubernetes') return { published: publishedAt(app) }
  if (app.engine === 'swarm') return { published: publishedNow(app, journal) }
  const { name, port = 80, replicas } = app
  return record.upstreams(name, { port, replicas })
}
