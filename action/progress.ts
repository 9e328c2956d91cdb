import type { DeploymentEvent, UnknownEvent } from '../protocol/deployment.ts'
import { showDuration } from '../protocol/duration.ts'

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
        return printLine(stepLine(event))
      case 'progress': {
        const isPull = event.total !== undefined || event.step === 'pull'
        const tooSoon = isPull && now() - lastProgress.at < PULL_LINE_MS
        if (tooSoon || event.message === lastProgress.message) return
        lastProgress = { message: event.message, at: now() }
        return printLine(`  ${event.step.padEnd(8)} ${progressWords(event)}`)
      }
      case 'image':
        return printLine(imageLine(event))
      case 'live':
        return printLine('● live: new requests go to the new version')
      case 'started':
        running = { what: 'still running', since: now() }
        return printLine('started')
      case 'finished':
        return printLine(event.status === 'succeeded' ? '✓ succeeded' : `✗ ${event.status}`)
      case 'unknown':
        return printLine(unknownLine(event))
    }
  }
  return { show, stop: () => clearInterval(timer) }
}

type StepEvent = Extract<DeploymentEvent, { type: 'step' }>

/** `✓ pull       812 ms  12.3 MB` */
const stepLine = ({ step, status, ms, message }: StepEvent): string => {
  const mark = status === 'succeeded' ? '✓' : '✗'
  const time = ms === undefined ? '' : showDuration(ms)
  return `${mark} ${step.padEnd(8)} ${time.padStart(9)}${message ? `  ${message}` : ''}`.trimEnd()
}

const imageLine = ({ digest, previous }: Extract<DeploymentEvent, { type: 'image' }>): string =>
  previous === undefined
    ? `  image    ${digest}`
    : `  image    ${digest}, in place of ${previous.digest}`

/** Of a newer receiver: its own words say more than nothing. */
const unknownLine = ({ kind, step, message }: UnknownEvent): string =>
  `  ${(step ?? kind).padEnd(8)} ${message ?? kind}`

const progressWords = ({
  message,
  current,
  total,
}: Extract<DeploymentEvent, { type: 'progress' }>): string => {
  if (current === undefined || total === undefined || total === 0) return message
  const percent = Math.floor((100 * current) / total)
  return message.includes('%') ? message : `${message} (${percent} %)`
}
