import type { AppSpec } from '../app.ts'
import type { Clock } from '../clock.ts'
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
    if (isAway(error)) return undefined
    throw error
  }
}

const AGAIN_MS = 500

/** Does something as soon as the orchestrator is there, until a moment of the clock. Throws what `work` throws. */
export async function whenThere<T>(
  work: () => Promise<T>,
  { clock, end, signal }: { clock: Pick<Clock, 'ms' | 'sleep'>; end: number; signal: AbortSignal },
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!isAway(error) || clock.ms() >= end) throw error
      await clock.sleep(AGAIN_MS, signal)
    }
  }
}

const isAway = (error: unknown): boolean =>
  error instanceof DeployError && error.code === 'engine_unreachable'
