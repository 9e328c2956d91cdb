import { observe, type World } from './next-step.ts'
import type { SlotPorts } from './ports.ts'

/** What stood at a moment. */
export interface Seen {
  world: World
  /** What had been heard by then; `undefined`: nobody listened, so that it is good for this moment alone. */
  heard: number | undefined
}

type SeePorts = Pick<SlotPorts, 'slots' | 'engine' | 'heard'>

/** Looks. What happens while it looks is heard of, and a doubt. */
export async function see(app: string, ports: SeePorts): Promise<Seen> {
  const heard = ports.heard(app)
  return { heard, world: await observe(app, ports) }
}

/**
 * The same without asking the engine, as long as nothing was heard of the app since; `undefined` in any doubt. The flag is looked at in any
 * case: it costs nothing.
 */
export function stillStands(
  app: string,
  { world: { containers }, heard }: Seen,
  ports: Pick<SlotPorts, 'slots' | 'heard'>,
): Seen | undefined {
  if (heard === undefined || ports.heard(app) !== heard) return undefined
  return { heard, world: { live: ports.slots.live(app), containers } }
}
