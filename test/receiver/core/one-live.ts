import { reconcile } from '../../../receiver/core/reconcile.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../support/fake-world.ts'

const forever = new AbortController().signal

/** Brings the app to where nothing is missing. */
export const run = (world: FakeWorld) => reconcile(APP, world.ports, forever)

export const get = (world: FakeWorld, id: string) => {
  const stored = world.store.get(id)
  if (stored === undefined) throw new Error(`${id} is not on record`)
  return stored.deployment
}

/** A world in which `dep_1` is live, in blue; nothing was called yet. */
export async function worldWithOneLive(): Promise<FakeWorld> {
  const world = createFakeWorld()
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await run(world)
  world.calls.length = 0
  return world
}
