import type { DockerApp } from '../app.ts'
import { prune } from '../image/prune.ts'
import type { StoredDeployment } from '../journal.ts'
import type { Rollout } from '../rollout.ts'
import { abandon } from './abandon.ts'
import { isLive, nextStep, observe } from './next-step.ts'
import type { SlotPorts } from './ports.ts'
import { repair } from './repair.ts'
import { STEPS } from './steps.ts'

/** The way of one machine: two slots of containers behind Nginx, and a flag file that says which of them is live. */
export const createSlotsRollout = (ports: SlotPorts): Rollout<DockerApp> => ({
  steps: {
    anew: new Set(['start', 'health']),
    commit: 'swap',
    cleanup: new Set(['drain', 'retire']),
  },

  async look(app: DockerApp, stored: StoredDeployment) {
    const world = await observe(app.name, ports)
    const next = nextStep(stored, world, app)
    return {
      isLive: isLive(stored, world),
      next,
      async run(options) {
        if (next === undefined)
          throw new Error(`${stored.deployment.id} is complete: no step is missing`)
        return STEPS[next]({ app, stored, world, ports, ...options })
      },
    }
  },

  abandon: (app, stored, signal) => abandon(app, stored, ports, signal),

  repair: (app, signal) => repair(app, ports, signal),

  async tidy(app) {
    try {
      await prune(app, ports)
    } catch (error) {
      ports.report('could not remove old images', { app: app.name, error })
    }
  },
})
