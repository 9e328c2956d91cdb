import { posix } from 'node:path'
import type { ImageInspectInfo } from 'dockerode'
import type { ImageFacts } from '../../core/image/image-store.ts'

const HIGHEST_PORT = 65_535
/** Linux's PATH_MAX. */
const LONGEST_PATH = 4096

/** What an image's config says of how it is run. Whoever built the image wrote it: Docker checks little of it. */
export function factsOf(config: ImageInspectInfo['Config'] | null | undefined): ImageFacts {
  const test: unknown = config?.Healthcheck?.Test
  return {
    ports: Object.keys(config?.ExposedPorts ?? {})
      .map((port) => Number(/^(\d{1,5})(?:\/tcp)?$/.exec(port)?.[1]))
      .filter((port) => port >= 1 && port <= HIGHEST_PORT),
    hasHealthcheck: Array.isArray(test) && test.length > 0 && test[0] !== 'NONE',
    volumes: [...new Set(Object.keys(config?.Volumes ?? {}).flatMap(mountPoint))],
  }
}

/** As Docker itself reads it. What no honest image has, a path of control characters for one, is left to Docker. */
function mountPoint(text: string): string[] {
  const path = posix.normalize(text).replace(/(?<=.)\/$/, '')
  const fits = /^\/\P{Cc}+$/u.test(path) && path.length <= LONGEST_PATH
  return fits ? [path] : []
}
