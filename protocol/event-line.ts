import type { DeploymentEvent, UnknownEvent } from './deployment.ts'
import { showDuration } from './duration.ts'

/** An event as a line for people: the same in a workflow's log and on the VM. `''` for a step that begins. */
export function eventLine(event: DeploymentEvent | UnknownEvent): string {
  switch (event.type) {
    case 'step':
      return event.status === 'running' ? '' : stepLine(event)
    case 'progress':
      return `  ${event.step.padEnd(8)} ${progressWords(event)}`
    case 'image':
      return imageLine(event)
    case 'live':
      return '● live: new requests go to the new version'
    case 'started':
      return 'started'
    case 'finished':
      return event.status === 'succeeded' ? '✓ succeeded' : `✗ ${event.status}`
    case 'unknown':
      return unknownLine(event)
  }
}

type Of<Type extends DeploymentEvent['type']> = Extract<DeploymentEvent, { type: Type }>

/** `✓ pull       812 ms  12.3 MB` */
const stepLine = ({ step, status, ms, message }: Of<'step'>): string => {
  const mark = status === 'succeeded' ? '✓' : '✗'
  const time = ms === undefined ? '' : showDuration(ms)
  return `${mark} ${step.padEnd(8)} ${time.padStart(9)}${message ? `  ${message}` : ''}`.trimEnd()
}

const imageLine = ({ digest, previous }: Of<'image'>): string =>
  previous === undefined
    ? `  image    ${digest}`
    : `  image    ${digest}, in place of ${previous.digest}`

/** Of a newer receiver: its own words say more than nothing. */
const unknownLine = ({ kind, step, message }: UnknownEvent): string =>
  `  ${(step ?? kind).padEnd(8)} ${message ?? kind}`

/** What a step tells while it runs: `12.3 MB of 80 MB (15 %)`. */
export const progressWords = ({ message, current, total }: Of<'progress'>): string => {
  if (current === undefined || total === undefined || total === 0) return message
  const percent = Math.floor((100 * current) / total)
  return message.includes('%') ? message : `${message} (${percent} %)`
}
