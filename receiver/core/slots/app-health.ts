import { observe, type World } from './next-step.ts'
import type { SlotPorts } from './ports.ts'

/** How the live containers of an app are at this moment. */
export interface AppHealth {
  /** How many there are. */
  containers: number
  /** How many of them run and can be reached. */
  running: number
  /** How often the engine started them again. */
  restarts: number
  /** What their HEALTHCHECKs say, the worst of them; absent: they have none. */
  health?: 'starting' | 'healthy' | 'unhealthy'
}

const WORST_FIRST = ['unhealthy', 'starting', 'healthy'] as const

/** Looks at the live containers of an app. Throws what the engine throws. */
export const appHealth = async (
  app: string,
  ports: Pick<SlotPorts, 'slots' | 'engine'>,
): Promise<AppHealth> => healthOf(await observe(app, ports))

/** The same of what was seen already. */
export function healthOf({ live, containers }: World): AppHealth {
  const serving = containers.filter(({ slot }) => slot === live)
  const health = WORST_FIRST.find((status) =>
    serving.some((each) => each.health?.status === status),
  )
  return {
    containers: serving.length,
    running: serving.filter(({ running }) => running).length,
    restarts: serving.reduce((sum, { restarts }) => sum + restarts, 0),
    ...(health === undefined ? {} : { health }),
  }
}
