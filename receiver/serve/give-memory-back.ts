import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What a start has begun is over then, or will be before long. */
export const STARTED_MS = 5000

/**
 * Has V8 give back what it does not need now: by itself it keeps, for as long as nothing happens, what a start or a flood of requests
 * took. This thread stands still for it, some ten milliseconds.
 */
export function giveMemoryBack(): void {
  // not as an option of the program: with it, V8 takes nothing of what Node brings compiled, and each start costs more
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as NodeJS.GCFunction
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
