import type { AppSpec } from '../app.ts'
import { resolve } from '../image/resolve.ts'
import { followRollout } from './follow-rollout.ts'
import { movedFrom } from './moved.ts'
import type { StepContext, StepName } from './next-step.ts'
import { whenThere } from './look.ts'
import { orderOf } from './order-of.ts'
import { release } from './release.ts'
import { watch } from './watch.ts'

/** Does one step and resolves to a line about it. Every step may run again after a crash in the middle of it. */
type RunStep = <App extends AppSpec>(context: StepContext<App>) => Promise<string>

/** An orchestrator that is being elected or upgraded is back by then; an order that it took all the same is not given twice. */
const AWAY_MS = 60_000

/** What each step does. The rollout is the one commit point: from then on all of the app is the new version. */
export const STEPS: Readonly<Record<StepName, RunStep>> = {
  resolve: ({ app, stored, ports, progress, signal }) =>
    resolve(app, stored, ports, { progress, signal }),

  release,

  async apply({ app, stored, ports, progress, signal }) {
    if (app.release !== undefined) await ports.orchestrator.removeCommands(app)
    const { url, warnings } = await ports.visitors.show(app, signal)
    for (const each of [movedFrom(app, ports.journal) ?? [], warnings].flat())
      progress({ message: `warning: ${each}` })
    if (url !== undefined && url !== stored.deployment.url) {
      progress({ message: `visitors come to it by ${url}`, url })
    }
    const order = orderOf(app, stored)
    const end = ports.clock.ms() + AWAY_MS
    return whenThere(() => ports.orchestrator.apply(order, signal), { ...ports, end, signal })
  },

  rollout: followRollout,

  watch,
}
