import type { OrderStatus } from './orchestrator.ts'

/** Of an app that an orchestrator does not know. */
export const ABSENT: OrderStatus = {
  generation: undefined,
  image: undefined,
  phase: 'absent',
  wanted: 0,
  updated: 0,
  old: 0,
  waits: undefined,
  failures: [],
  says: undefined,
}
