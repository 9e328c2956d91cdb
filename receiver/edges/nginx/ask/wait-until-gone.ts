import { setTimeout as pause } from 'node:timers/promises'
import type { Program } from '../program.ts'
import { type Place, visit, type Visited } from './visit.ts'

const PAUSE_MS = 25
/** Workers from before a reload take requests beside the new ones for another 100 ms, so that one answer says nothing. */
const QUIET_MS = 500

/** Waits until nobody who comes to Nginx meets an app that was taken out of it, or the reload is long over. */
export async function waitUntilGone(
  { places, ...visited }: Visited & { places: readonly Place[] },
  program: Pick<Program, 'lastReload'>,
): Promise<void> {
  let quietSince: number | undefined
  while (places.length > 0 && program.lastReload() === 'taken') {
    const met = await visit(places, visited)
    const now = performance.now()
    quietSince = met.some(({ answer }) => answer.kind === 'ours') ? undefined : (quietSince ?? now)
    if (quietSince !== undefined && now - quietSince >= QUIET_MS) return
    await pause(PAUSE_MS)
  }
}
