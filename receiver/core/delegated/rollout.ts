import type { AppSpec } from '../app.ts'
import { within } from '../deadline.ts'
import type { StoredDeployment } from '../journal.ts'
import type { Rollout } from '../rollout.ts'
import { abandon } from './abandon.ts'
import { LOOK_MS, repairLimitMs, stepLimitMs, undoLimitMs } from './limits.ts'
import { nextStep } from './next-step.ts'
import type { DelegatedPorts } from './ports.ts'
import { repair } from './repair.ts'
import { STEPS } from './steps.ts'

/** The way of an orchestrator: it is told what to run, and looked at until all of it runs, or taken back. */
export const createDelegatedRollout = <App extends AppSpec>(
  ports: DelegatedPorts<App>,
  /** Takes down which apps run something else than what was deployed, in words for people. */
  told = new Map<string, string>(),
): Rollout<App> => ({
  steps: { anew: new Set(), commit: 'rollout', cleanup: new Set() },

  async look(app: App, stored: StoredDeployment) {
    const { clock } = ports
    const next = nextStep(stored, app)
    return {
      isLive: await isLive(app, stored, ports),
      next,
      run({ progress, signal }) {
        if (next === undefined)
          throw new Error(`${stored.deployment.id} is complete: no step is missing`)
        return within(
          stepLimitMs(next, app),
          (until) => STEPS[next]({ app, stored, ports, progress, signal: until }),
          { clock, signal, what: `the step ${next} of ${app.name}` },
        )
      },
    }
  },

  abandon: (app, stored, signal) =>
    within(undoLimitMs(app), (until) => abandon(app, stored, ports, until), {
      clock: ports.clock,
      signal,
      what: `taking back the deployment of ${app.name}`,
    }),

  async repair(app, signal) {
    try {
      return await within(repairLimitMs(app), (until) => repair(app, ports, told, until), {
        clock: ports.clock,
        signal,
        what: `looking after ${app.name}`,
      })
    } catch (error) {
      signal.throwIfAborted()
      ports.report('the app could not be looked after', { app: app.name, error })
      return AGAIN_MS
    }
  },

  // the nodes keep their images, each its own
  tidy: async () => {},
})

/** A login that ends is to be renewed all the same. */
const AGAIN_MS = 60_000

/** By the record, until the orchestrator says that something else stands. */
async function isLive<App extends AppSpec>(
  app: App,
  { deployment, generation }: StoredDeployment,
  { orchestrator, clock }: DelegatedPorts<App>,
): Promise<boolean> {
  if (deployment.live_at === undefined) return false
  const what = `the look at ${app.name}`
  const status = await within(LOOK_MS, () => orchestrator.status(app), { clock, what })
  return status.generation === generation
}
