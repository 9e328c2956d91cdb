import type { DockerApp } from '../app.ts'
import { within } from '../deadline.ts'
import { defined } from '../defined.ts'
import type { Held } from '../image/image-store.ts'
import { prune } from '../image/prune.ts'
import { lookAhead } from '../image/pull.ts'
import { imageOf, type StoredDeployment } from '../journal.ts'
import type { Rollout, Standing } from '../rollout.ts'
import { abandon } from './abandon.ts'
import { type DecidingHealthcheck, decidingHealthcheck } from './healthcheck.ts'
import { abandonLimitMs, LOOK_MS, repairLimitMs, stepLimitMs } from './limits.ts'
import { pruneLogs } from './kept-logs.ts'
import { isLive, isResolved, nextStep, type StepName } from './next-step.ts'
import type { SlotPorts } from './ports.ts'
import { repair } from './repair.ts'
import type { Container } from './container.ts'
import { see, type Seen, stillStands } from './seen.ts'
import { STEPS } from './steps.ts'

/** The steps in which the new container is asked how it is. */
const ASKING: ReadonlySet<StepName> = new Set(['health', 'watch'])
/** The steps on the way to the flag that leave the containers of the slots as they are. Behind the flag nobody waits for the next one. */
const TOUCHING_NOTHING: ReadonlySet<StepName> = new Set([
  'resolve',
  'pull',
  'services',
  'migrate',
  'release',
  'health',
])

/** What was known when a step was done: good for the look and the step that follow it. */
interface Left {
  seen: Promise<Seen>
  held?: Promise<Held | undefined>
}

/** The way of one machine: two slots of containers behind Nginx, and a flag file that says which of them is live. */
export const createSlotsRollout = (
  ports: SlotPorts,
  deaf = new Set<string>(),
  left = new WeakMap<Standing, Left>(),
): Rollout<DockerApp> => ({
  steps: {
    anew: new Set(['services', 'start', 'health']),
    commit: 'swap',
    cleanup: new Set(['drain', 'retire']),
  },

  async look(app: DockerApp, stored: StoredDeployment, done?: Standing) {
    const { clock } = ports
    const what = `the look at the containers of ${app.name}`
    const before = done && left.get(done)
    const seen = await within(LOOK_MS, () => seenNow(app, stored, before?.seen, ports), {
      clock,
      what,
    })
    const { world } = seen
    const next = nextStep(stored, world, app)
    const standing: Standing = {
      isLive: isLive(stored, world),
      next,
      async run({ progress, signal }) {
        if (next === undefined)
          throw new Error(`${stored.deployment.id} is complete: no step is missing`)
        const limits = { clock, signal, what: `the step ${next} of ${app.name}` }
        const healthcheck = ASKING.has(next)
          ? await within(LOOK_MS, () => healthcheckOf(app, stored, ports), limits)
          : undefined
        let after: Left | undefined
        const leaves = (containers: readonly Container[]) => {
          after = { seen: Promise.resolve({ ...seen, world: { ...world, containers } }) }
        }
        if (next === 'resolve') after = lookOn(app, stored, ports, signal)
        else if (TOUCHING_NOTHING.has(next)) leaves(world.containers)
        const ahead = next === 'pull' ? defined({ ahead: before?.held }) : {}
        const context = { app, stored, world, ports, deaf, progress, leaves, ...ahead }
        const line = await within(
          stepLimitMs(next, app, healthcheck),
          (until) =>
            STEPS[next]({
              ...context,
              ...(healthcheck === undefined ? {} : { healthcheck }),
              signal: until,
            }),
          limits,
        )
        if (after !== undefined) left.set(standing, after)
        return line
      },
    }
    return standing
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

/**
 * What the next steps need to know is asked while an image is resolved: all of it only looks. Nginx is asked if nothing is to be pulled: what
 * is asked of it again soon after, it need not say twice.
 */
function lookOn(
  { name, http }: DockerApp,
  { deployment: { action, image } }: StoredDeployment,
  ports: SlotPorts,
  signal: AbortSignal,
): Left {
  const { repository, digest } = image
  const rollback = action === 'rollback'
  const seen = see(name, ports)
  const held =
    digest === undefined
      ? undefined
      : lookAhead(name, { repository, digest }, ports, { rollback, signal })
  const left: Left = { seen, ...defined({ held }) }
  // told by the step that needs them
  left.seen.catch(() => {})
  held
    ?.then((known) => {
      if (http && known?.isKept === true) ports.sites.askAhead(name, signal)
    })
    .catch(() => {})
  return left
}

/** Of what is not resolved yet nothing can stand; else as the step before left it, or as a look shows it. */
async function seenNow(
  { name }: DockerApp,
  stored: StoredDeployment,
  left: Promise<Seen> | undefined,
  ports: SlotPorts,
): Promise<Seen> {
  if (!isResolved(stored)) {
    return { heard: undefined, world: { live: ports.slots.live(name), containers: [] } }
  }
  const before = await left?.catch(() => undefined)
  return (before && stillStands(name, before, ports)) ?? see(name, ports)
}

async function healthcheckOf(
  app: DockerApp,
  stored: StoredDeployment,
  { images }: Pick<SlotPorts, 'images'>,
): Promise<DecidingHealthcheck | undefined> {
  return decidingHealthcheck(app, (await images.image(imageOf(stored))).healthcheck)
}
