import type { DockerApp } from '../app.ts'
import type { OnEdit } from '../on-edit.ts'
import type { AppUpstreams, Sites, SlotRecord } from './ports.ts'

/**
 * Has Nginx know these apps, and test and reload for all of them once. A worker is none of its business. Throws `nginx_failed`
 * and `nginx_edited`.
 */
export async function showApps(
  apps: readonly DockerApp[],
  {
    sites,
    record,
    onEdit = () => 'refuse',
  }: {
    sites: Sites & { remove(app: string, onEdit: OnEdit): Promise<boolean> }
    record: Pick<SlotRecord, 'upstreams'>
    onEdit?: (app: string) => OnEdit
  },
): Promise<void> {
  await sites.ensure(upstreamsOf(apps, record), onEdit)
  for (const { name, http } of apps) if (!http) await sites.remove(name, onEdit(name))
}

/** Where the slots of those that have visitors are. */
export const upstreamsOf = (
  apps: Iterable<DockerApp>,
  record: Pick<SlotRecord, 'upstreams'>,
): Record<string, AppUpstreams> =>
  Object.fromEntries(
    [...apps]
      .filter(({ http }) => http)
      .map(({ name, port = 80, replicas }) => [name, record.upstreams(name, { port, replicas })]),
  )
