import type { Bookkeeping } from '../journal.ts'
import { lineOf } from '../log.ts'
import type { SlotRecord } from './ports.ts'

/** What befell a container while nobody deployed. */
export interface ContainerEvent {
  app: string
  /** Of the container. */
  generation: number
  kind:
    | 'exited'
    | 'out_of_memory'
    | 'unhealthy'
    | 'stopped'
    | 'removed'
    | 'paused'
    | 'killed'
    | 'cut_off'
  exitCode?: number
}

const WORDS: Readonly<Record<ContainerEvent['kind'], string>> = {
  exited: 'the live container exited',
  out_of_memory: 'the live container used more than its memory limit',
  unhealthy: 'the HEALTHCHECK of the live container fails',
  stopped: 'someone stopped the live container',
  removed: 'someone removed the live container',
  paused: 'someone paused the live container',
  killed: 'the live container ended, and its restart policy does not start it: a docker kill',
  cut_off: 'someone took the live container off a network of its',
}

/** What someone did. An exit is left to the container's restart policy. */
const PUT_RIGHT: ReadonlySet<ContainerEvent['kind']> = new Set([
  'stopped',
  'removed',
  'paused',
  'killed',
  'cut_off',
])

/**
 * Reports what befell the live container, and says whether it has to be put right. What befalls a deployment under way is its `watch`'s matter.
 */
export function isToRepair(
  event: ContainerEvent,
  ports: Pick<Bookkeeping, 'journal' | 'report'> & { record: Pick<SlotRecord, 'stopped'> },
): boolean {
  const { app, generation, kind, exitCode } = event
  const live = ports.journal.live(app)
  if (live?.standsIn !== generation) return false
  // on purpose
  if (ports.record.stopped(app)?.isStarting === false) return false
  if (ports.journal.next(app)?.deployment.status === 'running') return false
  ports.report(WORDS[kind], {
    ...lineOf(live.deployment),
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
  })
  return PUT_RIGHT.has(kind)
}
