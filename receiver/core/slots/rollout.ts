import type { DockerApp } from '../app.ts'
import { within } from '../deadline.ts'
import { prune } from '../image/prune.ts'
import { imageOf, type StoredDeployment } from '../journal.ts'
import type { Rollout } from '../rollout.ts'
import { abandon } from './abandon.ts'
import { type DecidingHealthcheck, decidingHealthcheck } from './healthcheck.ts'
import { abandonLimitMs, LOOK_MS, repairLimitMs, stepLimitMs } from './limits.ts'
import { pruneLogs } from './kept-logs.ts'
import { isLive, isResolved, nextStep, observe, type StepName, type World } from './next-step.ts'
import type { SlotPorts } from './ports.ts'
import { repair } from './repair.ts'
import { STEPS } from './steps.ts'

/** The steps in which the new container is asked how it is. */
const ASKING: ReadonlySet<StepName> = new Set(['health', 'watch'])

/** The way of one machine: two slots of containers behind Nginx, and a flag file that says which of them is live. */
export const createSlotsRollout = (
  ports: SlotPorts,
  deaf = new Set<string>(),
): Rollout<DockerApp> => ({
  steps: {
    anew: new Set(['services', 'start', 'health']),
    commit: 'swap',
    cleanup: new Set(['drain', 'retire']),
  },

  async look(app: DockerApp, stored: StoredDeployment) {
    const { clock } = ports
    const what = `the look at the containers of ${app.name}`
    const world = await within(LOOK_MS, () => worldOf(app, stored, ports), { clock, what })
    const next = nextStep(stored, world, app)
    return {
      isLive: isLive(stored, world),
      next,
      async run({ progress, signal }) {
        if (next === undefined)
          throw new Error(`${stored.deployment.id} is complete: no step is missing`)
        const limits = { clock, signal, what: `the step ${next} of ${app.name}` }
        const healthcheck = ASKING.has(next)
          ? await within(LOOK_MS, () => healthcheckOf(app, stored, ports), limits)
          : undefined
        const context = { app, stored, world, ports, deaf, progress }
        return within(
          stepLimitMs(next, app, healthcheck),
          (until) =>
            STEPS[next]({
              ...context,
              ...(healthcheck === undefined ? {} : { healthcheck }),
              signal: until,
            }),
          limits,
        )
      },
    }
  },

  abandon: (app, stored, signal) =>
    within(abandonLimitMs(app), (until) => abandon(app, stored, ports, until), {
      clock: ports.clock,
      signal,
      what: `taking back the deployment of ${app.name}`,
    }),

  async repair(app, signal) {
    const what = `looking after ${app.name}`
    try {
      return await within(repairLimitMs(app), (until) => repair(app, ports, until), {
        clock: ports.clock,
        signal,
        what,
      })
    } catch (error) {
      signal.throwIfAborted()
      ports.report('the app could not be looked after', { app: app.name, error })
      return undefined
    }
  },

  async tidy(app) {
    const what = `removing old images and logs of ${app.name}`
    try {
      await within(abandonLimitMs(app), () => prune(app, ports), { clock: ports.clock, what })
      pruneLogs(app, ports)
      await ports.engine.removeCommands(app.name)
    } catch (error) {
      ports.report('old images and logs could not be removed', { app: app.name, error })
    }
  },
})

/** As it is seen; of what is not resolved yet nothing can stand. */
const worldOf = async (
  { name }: DockerApp,
  stored: StoredDeployment,
  ports: SlotPorts,
): Promise<World> =>
  !isResolved(stored) ? { live: ports.slots.live(name), containers: [] } : observe(name, ports)

async function healthcheckOf(
  app: DockerApp,
  stored: StoredDeployment,
  { images }: Pick<SlotPorts, 'images'>,
): Promise<DecidingHealthcheck | undefined> {
  return decidingHealthcheck(app, (await images.image(imageOf(stored))).healthcheck)
}
