import type { KubernetesApp, SwarmApp } from '../core/app.ts'
import { askPublished } from '../core/delegated/ask-published.ts'
import type { Visitors } from '../core/delegated/ports.ts'
import type { SlotPorts } from '../core/slots/ports.ts'
import { upstreamsOf } from '../core/slots/show-apps.ts'

/** Visitors come by Nginx to where an orchestrator publishes an app; to one that has no port here nobody does. */
export function publishedVisitors({
  sites,
  slots,
  record,
  probe,
  grpcProbe,
  clock,
}: SlotPorts): Visitors<SwarmApp | KubernetesApp> {
  return {
    async show(app, signal) {
      if (!app.http) return { warnings: [] }
      const { warnings } = await sites.ensure(upstreamsOf([app], record))
      const { url, warning } = await sites.ask(app.name, signal)
      return {
        ...(url === undefined ? {} : { url }),
        warnings: [
          ...warnings.map((each) => `Nginx: ${each}`),
          ...(warning === undefined ? [] : [warning]),
        ],
      }
    },
    letIn(app) {
      if (slots.live(app) === undefined) slots.makeLive(app, 'blue')
    },
    ask: (app, signal) => askPublished(app, { probe, grpcProbe, clock }, signal),
  }
}
