import type { DockerApp } from '../app.ts'
import type { Sites, SlotRecord } from './ports.ts'

/** Has Nginx know these apps, and test and reload for all of them once. A worker is none of its business. Throws `nginx_failed`. */
export async function showApps(
  apps: readonly DockerApp[],
  {
    sites,
    record,
  }: {
    sites: Sites & { remove(app: string): Promise<boolean> }
    record: Pick<SlotRecord, 'upstreams'>
  },
): Promise<void> {
  const served = apps.filter(({ http }) => http)
  await sites.ensure(
    Object.fromEntries(
      served.map(({ name, port = 80, replicas }) => [
        name,
        record.upstreams(name, { port, replicas }),
      ]),
    ),
  )
  for (const { name, http } of apps) if (!http) await sites.remove(name)
}
