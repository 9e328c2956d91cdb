import { isDeepStrictEqual } from 'node:util'
import type { KubernetesApp, SwarmApp } from '../../core/app.ts'
import { askPublished } from '../../core/delegated/ask-published.ts'
import type { Visitors } from '../../core/delegated/ports.ts'
import { publishedAt } from '../../core/delegated/published-at.ts'
import type { SlotPorts } from '../../core/slots/ports.ts'
import { upstreamsOf } from '../../core/slots/show-apps.ts'

/** Visitors come by Nginx to where an orchestrator publishes an app; to one that has no port here nobody does. */
export function publishedVisitors({
  sites,
  slots,
  record,
  journal,
  report,
  probe,
  grpcProbe,
  clock,
}: SlotPorts): Visitors<SwarmApp | KubernetesApp> {
  /** Apps that Nginx leads to where they are alone; of those that a process before this one showed it is not known. */
  const arrived = new Set<string>()
  return {
    async show(app, signal) {
      if (!app.http) return { warnings: [] }
      const upstreams = upstreamsOf([app], { record, journal })
      const { warnings } = await sites.ensure(upstreams)
      if (!isDeepStrictEqual(upstreams[app.name], { published: publishedAt(app) })) {
        arrived.delete(app.name)
      }
      const { url, warning } = await sites.ask(app.name, signal)
      return {
        ...(url === undefined ? {} : { url }),
        warnings: [
          ...warnings.map((each) => `Nginx: ${each}`),
          ...(warning === undefined ? [] : [warning]),
        ],
      }
    },
    async arrive(app) {
      if (!app.http || arrived.has(app.name)) return
      try {
        await sites.ensure(upstreamsOf([app], { record, journal }), () => 'leave')
        arrived.add(app.name)
      } catch (error) {
        report('Nginx also leads to where the app was', { app: app.name, error })
      }
    },
    letIn(app) {
      if (slots.live(app) === undefined) slots.makeLive(app, 'blue')
    },
    ask: (app, signal) => askPublished(app, { probe, grpcProbe, clock }, signal),
  }
}
