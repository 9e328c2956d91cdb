import type { AppSpec } from '../app.ts'
import type { World } from './next-step.ts'
import type { Ports } from '../ports.ts'

/** What stands now. */
export async function observe(app: AppSpec, ports: Ports): Promise<World> {
  return { live: ports.slots.live(app.name), containers: await ports.engine.containers(app.name) }
}
