import { imageOf, type Bookkeeping, type StoredDeployment } from '../journal.ts'
import { inSlot, own, type World } from './next-step.ts'
import type { Slot } from './container.ts'

/**
 * The generation of older containers that a rollback can have as they stand: of the same digest and with the same settings,
 * all of them there, none restarted, and none with data of its own.
 */
export function warmGeneration(
  stored: StoredDeployment,
  world: World,
  slot: Slot,
  { replicas, ports }: { replicas: number; ports: Pick<Bookkeeping, 'journal'> },
): number | undefined {
  if (stored.deployment.action !== 'rollback' || own(stored, world).length > 0) return undefined
  const standing = inSlot(world, slot)
  const [first] = standing
  if (first === undefined || standing.length !== replicas) return undefined
  const { digest } = imageOf(stored)
  const fits = standing.every(
    (each) =>
      each.generation === first.generation &&
      each.digest === digest &&
      each.restarts === 0 &&
      Object.keys(each.anonymous).length === 0,
  )
  const made = ports.journal.find(stored.deployment.app, first.generation)
  return fits && made?.settings !== undefined && made.settings === stored.settings
    ? first.generation
    : undefined
}
