import { posix } from 'node:path'
import type { HealthConfig, ImageInspectInfo } from 'dockerode'
import { MAX_DURATION_MS } from '../../../protocol/duration.ts'
import type { ImageFacts } from '../../core/image/image-store.ts'
import type { Healthcheck } from '../../core/slots/container-settings.ts'

const HIGHEST_PORT = 65_535
/** Linux's PATH_MAX. */
const LONGEST_PATH = 4096
const MOST_RETRIES = 1000
const NANOSECONDS = 1_000_000

/** What an image's config says of how it is run. Whoever built the image wrote it: Docker checks little of it. */
export function factsOf(config: ImageInspectInfo['Config'] | null | undefined): ImageFacts {
  const healthcheck = readHealthcheck(config?.Healthcheck)
  return {
    ports: Object.keys(config?.ExposedPorts ?? {})
      .map((port) => Number(/^(\d{1,5})(?:\/tcp)?$/.exec(port)?.[1]))
      .filter((port) => port >= 1 && port <= HIGHEST_PORT),
    volumes: [...new Set(Object.keys(config?.Volumes ?? {}).flatMap(mountPoint))],
    ...(healthcheck === undefined ? {} : { healthcheck }),
  }
}

/** Docker's form: nanoseconds, and 0 for what is not said. */
function readHealthcheck(said: Partial<HealthConfig> | null | undefined): Healthcheck | undefined {
  const test: unknown = said?.Test
  // the two kinds that Docker runs
  if (!Array.isArray(test) || (test[0] !== 'CMD' && test[0] !== 'CMD-SHELL')) return undefined
  const upTo = (most: number, value: unknown, unit = 1) =>
    typeof value === 'number' && value > 0 ? Math.min(value / unit, most) : 0
  return {
    test: test.map(String),
    intervalMs: upTo(MAX_DURATION_MS, said?.Interval, NANOSECONDS),
    timeoutMs: upTo(MAX_DURATION_MS, said?.Timeout, NANOSECONDS),
    startPeriodMs: upTo(MAX_DURATION_MS, said?.StartPeriod, NANOSECONDS),
    retries: upTo(MOST_RETRIES, said?.Retries),
  }
}

/** As Docker itself reads it. What no honest image has, a path of control characters for one, is left to Docker. */
function mountPoint(text: string): string[] {
  const path = posix.normalize(text).replace(/(?<=.)\/$/, '')
  const fits = /^\/\P{Cc}+$/u.test(path) && path.length <= LONGEST_PATH
  return fits ? [path] : []
}
