import { modeOf, wayTo } from '../../config/file-access.ts'
import { type Finding, found } from '../../core/finding.ts'

export const WAY_TO_DATA = 'way to data'

/** Whether Nginx can look into the data directory; nothing when it can. */
export function lookAtWayToData(data: string): Finding[] {
  const closed = closedToNginx(data)
  return closed === undefined ? [] : [found(WAY_TO_DATA, closed)]
}

const PASS = 0o001

/**
 * A folder that keeps Nginx's workers from the slot flags and challenges in the data directory, and what to do about it. Who
 * the workers are is not asked: mostly they are neither root nor of the folder's group.
 */
export function closedToNginx(data: string): { message: string; hint: string } | undefined {
  const closed = wayTo(data).find(({ stats }) => (stats.mode & PASS) === 0)
  if (closed === undefined) return undefined
  const { path, stats } = closed
  return {
    message: `Nginx's workers cannot look into ${data}, as ${path} has mode ${modeOf(stats)}: visitors get 503, and certificates are refused`,
    hint: `chmod o+x ${path} (unless they run as root, or come in by its group)`,
  }
}
