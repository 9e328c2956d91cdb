import type { AppSpec } from '../app.ts'
import type { StepName } from './next-step.ts'

const MINUTE_MS = 60_000
/** For what is asked beside a step's own time. Each call has a deadline; there are several. */
const BESIDE_MS = 10 * MINUTE_MS
/** Nodes pull the image one after the other, as they come to it. */
const ROLLOUT_MS = 10 * MINUTE_MS
export const LOOK_MS = 2 * MINUTE_MS

/** Until when all of it has to run, counted from its beginning: `health.deadline`, else ten minutes. */
export const rolloutMs = ({ health }: Pick<AppSpec, 'health'>): number =>
  health.deadlineMs ?? ROLLOUT_MS

/** How long a step may take at most: the time that the app gives it, and what it takes beside. */
export function stepLimitMs(step: StepName, app: AppSpec): number {
  const own: Readonly<Record<StepName, number>> = {
    resolve: 0,
    release: app.release?.timeoutMs ?? 0,
    apply: 0,
    rollout: rolloutMs(app) + goingBackMs(app),
    watch: app.watchMs + goingBackMs(app),
  }
  return own[step] + BESIDE_MS
}

/** What was there before is on the nodes, and known to work: it is waited for as long as for what is new. */
export const goingBackMs = (app: AppSpec): number =>
  Math.max(ROLLOUT_MS, rolloutMs(app)) + app.replicas * app.container.stopGraceMs

export const undoLimitMs = (app: AppSpec): number => goingBackMs(app) + BESIDE_MS

export const repairLimitMs = (_app: AppSpec): number => BESIDE_MS
