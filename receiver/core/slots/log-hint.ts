import type { DockerApp } from '../app.ts'

/** Drivers whose logs Docker gives back, whatever its version. */
const KEEPING: ReadonlySet<string> = new Set(['json-file', 'local', 'journald'])

/** Where to look, beside these last lines of an app. */
export function logHint(
  { name, container: { logging } }: Pick<DockerApp, 'name' | 'container'>,
  log: readonly string[],
): string {
  if (log.length > 0) return 'look at what it printed last'
  if (logging === undefined || KEEPING.has(logging.driver)) return 'it has printed nothing'
  return logging.driver === 'none'
    ? `it has no log: apps.${name}.logging has the driver none, which keeps nothing`
    : `Docker has no lines of it: apps.${name}.logging sends them to ${logging.driver}`
}
