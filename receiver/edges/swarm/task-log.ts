import type Docker from 'dockerode'
import { shorten } from '../../core/shorten.ts'
import type { LogLine } from '../../core/slots/printed.ts'
import { payloadsOf } from '../docker/frames.ts'
import { linesOf } from '../docker/lines.ts'
import { lastLines, openLogAt, unixOf } from '../docker/log.ts'

const LONGEST_TOLD = 8000
const READ_MS = 10_000

/** Last lines of what a task printed, oldest first. The node is asked by the manager, and may be gone: then there are none. */
export async function readTaskLog(docker: Docker, task: string, lines: number): Promise<string[]> {
  try {
    const raw = await openLogAt(docker, `/tasks/${encodeURIComponent(task)}`, {
      tail: lines,
      follow: false,
      signal: AbortSignal.timeout(READ_MS),
    })
    return await lastLines(payloadsOf(raw), lines)
  } catch {
    // the log is an extra to a failure that is told anyway
    return []
  }
}

/** What the tasks of a service print, with the moment of each line and the node that it came from, as it comes. */
export async function* readServiceLog(
  docker: Docker,
  service: string,
  options: { tail?: number; since?: string; follow: boolean; signal: AbortSignal },
): AsyncGenerator<LogLine & { task: string }> {
  const raw = await openLogAt(docker, `/services/${encodeURIComponent(service)}`, {
    ...options,
    ...(options.since === undefined ? {} : { since: unixOf(options.since) }),
    timestamps: true,
    details: true,
  })
  for await (const line of linesOf(payloadsOf(raw), 4 * LONGEST_TOLD)) {
    const [at = '', details = ''] = line.split(' ', 2)
    const task = /com\.docker\.swarm\.task\.id=([a-z0-9]+)/.exec(details)?.[1] ?? ''
    yield { at, task, text: shorten(line.slice(at.length + details.length + 2), LONGEST_TOLD) }
  }
}
