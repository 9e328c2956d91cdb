import { MAX_DURATION_MS } from '../../../protocol/duration.ts'
import type { DockerApp } from '../app.ts'
import type { Healthcheck } from './container-settings.ts'

/** What Docker takes where neither the image nor the config says anything. */
const DEFAULTS = { intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, retries: 3 } as const
/** Until when an app must be healthy, unless its config or its HEALTHCHECK says otherwise. */
const DEADLINE_MS = 60_000

/** The HEALTHCHECK that decides over an app. */
export interface DecidingHealthcheck {
  /** `['CMD', …]` or `['CMD-SHELL', '…']`. */
  test: readonly string[]
  timeoutMs: number
  /** When it would call a container unhealthy that never was healthy. */
  verdictMs: number
}

/**
 * The config's `healthcheck`, key by key over the image's own, as Docker lays them. `undefined` when there is none, or when a
 * path is configured, which decides instead.
 */
export function decidingHealthcheck(
  { health, container: { healthcheck: configured = {} } }: DockerApp,
  ofImage: Healthcheck = {},
): DecidingHealthcheck | undefined {
  const test = [configured.test, ofImage.test].find((each) => each !== undefined && each.length > 0)
  if (health.path !== undefined || test === undefined || test[0] === 'NONE') return undefined
  // to Docker 0 is not said
  const said = (key: keyof typeof DEFAULTS) => configured[key] || ofImage[key] || DEFAULTS[key]
  return {
    test,
    timeoutMs: said('timeoutMs'),
    verdictMs: said('startPeriodMs') + said('intervalMs') * said('retries'),
  }
}

/** Until when an app must be healthy, counted from its start. */
export function healthDeadlineMs(
  { health }: Pick<DockerApp, 'health'>,
  healthcheck?: DecidingHealthcheck,
): number {
  if (health.deadlineMs !== undefined) return health.deadlineMs
  return Math.min(Math.max(DEADLINE_MS, healthcheck?.verdictMs ?? 0), MAX_DURATION_MS)
}

/** How long an app may take over one answer. */
export const answerLimitMs = ({ health }: DockerApp, healthcheck?: DecidingHealthcheck): number =>
  healthcheck?.timeoutMs ?? health.timeoutMs
