import type { DeploymentEvent, UnknownEvent } from '../protocol/deployment.ts'
import { showDuration } from '../protocol/duration.ts'
import { eventLine } from '../protocol/event-line.ts'

/** After so long without a line, one says that it still runs. */
const HEARTBEAT_MS = 15_000

/** Shortest time between two lines about the bytes of a pull. */
const PULL_LINE_MS = 3000

/** Prints a deployment's events as they come. `stop` ends the heartbeat. */
export interface Progress {
  show: (event: DeploymentEvent | UnknownEvent) => void
  stop: () => void
}

/**
 * One line for each step that ended, with its time; pulled bytes every few seconds; each new answer of a probe; and a
 * sign of life when nothing happened for a while.
 */
export const createProgress = (
  print: (line: string) => void,
  { heartbeatMs = HEARTBEAT_MS, now = Date.now }: { heartbeatMs?: number; now?: () => number } = {},
): Progress => {
  let running = { what: 'waiting for its turn', since: now() }
  let lastProgress = { message: '', at: -Infinity }
  const timer = setInterval(() => {
    printLine(`… ${running.what} (${showDuration(now() - running.since)})`)
  }, heartbeatMs)
  const printLine = (line: string) => {
    timer.refresh()
    print(line)
  }

  const show = (event: DeploymentEvent | UnknownEvent): void => {
    switch (event.type) {
      case 'step':
        if (event.status === 'running') {
          running = { what: `${event.step} still runs`, since: now() }
          return
        }
        lastProgress = { message: '', at: -Infinity }
        return printLine(eventLine(event))
      case 'progress': {
        const isPull = event.total !== undefined || event.step === 'pull'
        const tooSoon = isPull && now() - lastProgress.at < PULL_LINE_MS
        if (tooSoon || event.message === lastProgress.message) return
        lastProgress = { message: event.message, at: now() }
        return printLine(eventLine(event))
      }
      case 'started':
        running = { what: 'still running', since: now() }
        return printLine(eventLine(event))
      case 'image':
      case 'live':
      case 'finished':
      case 'unknown':
        return printLine(eventLine(event))
    }
  }
  return { show, stop: () => clearInterval(timer) }
}
