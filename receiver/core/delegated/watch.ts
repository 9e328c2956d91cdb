import type { AppSpec } from '../app.ts'
import { DeployError } from '../errors.ts'
import { failureOf } from './failure.ts'
import { goingBackMs } from './limits.ts'
import { lookIfThere } from './look.ts'
import { sameOrder } from './same-order.ts'
import type { StepContext } from './next-step.ts'

const LOOK_MS = 500
/** Failing answers in a row that count as unhealthy, as Docker's own `retries`. */
const FAILURES_TO_UNDO = 3

/** The step `watch`: looks on for `watch` after all of it runs, and until the orchestrator is content as well. Throws as `rollout`. */
export async function watch<App extends AppSpec>({
  app,
  stored,
  ports,
  signal,
}: StepContext<App>): Promise<string> {
  const { orchestrator, clock, visitors } = ports
  const since = stored.deployment.live_at ?? clock.now()
  let bad = 0
  for (;;) {
    const status = await lookIfThere(app, orchestrator)
    const passed = clock.since(since)
    if (status === undefined) {
      if (passed >= app.watchMs + goingBackMs(app)) throw gone(app)
      await clock.sleep(LOOK_MS, signal)
      continue
    }
    const failure = await failureOf(app, status, stored.generation, ports)
    if (failure !== undefined) throw failure
    sameOrder(app, stored, status)
    const answer = status.wanted === 0 ? undefined : await visitors.ask(app, signal)
    bad = answer?.healthy === false ? bad + 1 : 0
    if (bad >= FAILURES_TO_UNDO) {
      throw new DeployError(
        'unhealthy',
        `${app.name} failed ${bad} checks in a row after its rollout; last answer: ${answer?.text}`,
        { hint: `apps.${app.name}.health sets path, headers and deadline` },
      )
    }
    const isOver = passed >= app.watchMs && bad === 0
    if (isOver && status.phase === 'settled') return `steady for ${app.watchMs / 1000} s`
    // it may count longer than we do, and not for ever
    if (isOver && passed >= app.watchMs + goingBackMs(app)) {
      return `steady for ${Math.round(passed / 1000)} s; ${status.says ?? 'it is still being updated'}`
    }
    await clock.sleep(LOOK_MS, signal)
  }
}

const gone = ({ name }: AppSpec) =>
  new DeployError('engine_unreachable', `what runs ${name} does not answer any more`, {
    hint: 'deploy-receiver doctor says what is away',
  })
