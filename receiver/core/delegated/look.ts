import type { AppSpec } from '../app.ts'
import { DeployError } from '../errors.ts'
import type { Orchestrator, OrderStatus } from './orchestrator.ts'

/** A manager that is away, or being elected, says nothing of what it manages: `undefined`, to be asked again. */
export async function lookIfThere<App extends AppSpec>(
  app: App,
  orchestrator: Pick<Orchestrator<App>, 'status'>,
): Promise<OrderStatus | undefined> {
  try {
    return await orchestrator.status(app)
  } catch (error) {
    if (error instanceof DeployError && error.code === 'engine_unreachable') return undefined
    throw error
  }
}
