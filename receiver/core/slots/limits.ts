import type { DockerApp } from '../app.ts'
import { answerLimitMs, type DecidingHealthcheck, healthDeadlineMs } from './healthcheck.ts'
import type { StepName } from './next-step.ts'
import { DEPENDENCY_MS } from '../project/dependencies.ts'

const MINUTE_MS = 60_000
/** For what Docker, Nginx and a registry are asked beside a step's own time. Each call has a deadline; there are several. */
const BESIDE_MS = 10 * MINUTE_MS
/** 100 GB by a line of 40 Mbit/s. A pull of which nothing is heard ends much earlier. */
const PULL_MS = 6 * 60 * MINUTE_MS
/** Compose pulls what a service runs, and builds it in some projects. */
export const COMPOSE_UP_MS = 20 * MINUTE_MS
/** The containers of an app are looked at side by side, each a few times. */
export const LOOK_MS = 2 * MINUTE_MS

/** How long a step may take at most: the time that the app gives it, and what it takes beside. */
export function stepLimitMs(
  step: StepName,
  app: DockerApp,
  healthcheck?: DecidingHealthcheck,
): number {
  const { container, project } = app
  const answerMs = answerLimitMs(app, healthcheck)
  const own: Readonly<Record<StepName, number>> = {
    resolve: 0,
    pull: PULL_MS,
    services: (project?.dependencies.length ?? 0) * (DEPENDENCY_MS + COMPOSE_UP_MS),
    migrate: (project?.oneOffs.length ?? 0) * (project?.oneOffMs ?? 0),
    release: app.release?.timeoutMs ?? 0,
    // of what cannot run twice, the old one ends first
    start: (app.drainBalancerMs ?? 0) + app.drainMs + 2 * container.stopGraceMs,
    health: healthDeadlineMs(app, healthcheck) + answerMs,
    swap: 0,
    workers: sum(
      (project?.workers ?? []).map(
        // a HEALTHCHECK of the image may take its time, too
        (each) => each.container.stopGraceMs + healthDeadlineMs(app) + 10 * MINUTE_MS,
      ),
    ),
    watch: app.watchMs + answerMs,
    drain: app.drainMs,
    retire: container.stopGraceMs,
  }
  return own[step] + BESIDE_MS
}

const sum = (all: readonly number[]) => all.reduce((total, each) => total + each, 0)

/** The longest of the graces of all that an app runs. */
const longestGraceMs = ({ container, project }: DockerApp) =>
  Math.max(
    container.stopGraceMs,
    ...(project?.workers ?? []).map((each) => each.container.stopGraceMs),
  )

/** Putting right may stop containers, make them again, and pull what they are made of. */
export const repairLimitMs = (app: DockerApp): number =>
  PULL_MS + 2 * longestGraceMs(app) + BESIDE_MS

export const abandonLimitMs = (app: DockerApp): number => 2 * longestGraceMs(app) + BESIDE_MS
