import type { AppSpec } from '../app.ts'
import { DeployError } from '../errors.ts'
import { defined } from '../defined.ts'
import { failureOf, logOfWaiting } from './failure.ts'
import { rolloutMs } from './limits.ts'
import { lookIfThere } from './look.ts'
import { sameOrder } from './same-order.ts'
import type { StepContext } from './next-step.ts'

const LOOK_MS = 500

/**
 * The step `rollout`: looks on until every instance is the new version, and answers. The time that it has is counted from when it was
 * ordered, also over restarts of the receiver. Throws `DeployError`, with the node, the last lines and the exit code of what failed.
 */
export async function followRollout<App extends AppSpec>(
  context: StepContext<App>,
): Promise<string> {
  const { app, stored, ports, progress, signal } = context
  const { orchestrator, clock, visitors } = ports
  const leftMs = () => rolloutMs(app) - passedMs(context)
  let shown = ''
  let wholeMs: number | undefined
  const show = (message: string) => {
    if (message !== shown) progress({ message: (shown = message) })
  }
  for (;;) {
    const status = await lookIfThere(app, orchestrator)
    const late = leftMs() <= 0
    if (status === undefined) {
      show('what runs it does not answer: looking again')
      if (late) throw tooLate(app, shown)
      await clock.sleep(LOOK_MS, signal)
      continue
    }
    const failure = await failureOf(app, status, stored.generation, ports)
    if (failure !== undefined) throw failure
    sameOrder(app, stored, status)
    const { updated, wanted, old, waits } = status
    const count = `${updated} of ${wanted} run the new version`
    const isScaledTo0 = wanted === 0 && waits === undefined
    if (isScaledTo0 && old === 0) {
      show('it is scaled to 0: nothing of it runs')
      return shown
    }
    if (updated < wanted || old > 0 || wanted === 0) {
      wholeMs = undefined
      show(waits === undefined ? count : `${count}; ${waits}`)
      if (late) throw tooLate(app, shown, await logOfWaiting(app, status, ports))
    } else {
      wholeMs ??= clock.ms()
      const answer = await visitors.ask(app, signal)
      show(answer === undefined ? count : `${count}; ${answer.text}`)
      if (
        answer?.healthy === true ||
        (answer === undefined && isSteady(app, clock.ms() - wholeMs))
      ) {
        visitors.letIn(app.name)
        return shown
      }
      if (late && answer?.healthy === false) throw unhealthy(app, answer.text)
    }
    await clock.sleep(LOOK_MS, signal)
  }
}

/** Where nobody is asked, that it runs says something only when time has passed: one that crashes at its start runs as well. */
const isSteady = ({ health }: AppSpec, wholeMs: number) => wholeMs >= health.intervalMs

/** Since it was ordered: of a step that is taken again after a restart the record has the new beginning alone. */
function passedMs<App extends AppSpec>({ stored, ports }: StepContext<App>): number {
  const { started_at = ports.clock.now(), ms = 0 } =
    stored.deployment.steps.find(({ name }) => name === 'apply') ?? {}
  return ports.clock.since(started_at) - ms
}

const unhealthy = ({ name, health }: AppSpec, answer: string) =>
  new DeployError(
    'unhealthy',
    `${name} runs, and does not answer well where it is published: ${answer}`,
    {
      hint: `apps.${name}.health.path names what is asked${health.path === undefined ? '' : ` (${health.path})`}`,
    },
  )

const tooLate = (app: AppSpec, shown: string, log?: readonly string[]) =>
  new DeployError(
    'timed_out',
    `${app.name} was not rolled out within ${rolloutMs(app) / 1000} s: ${shown}`,
    { hint: `apps.${app.name}.health.deadline gives it more time`, ...defined({ log }) },
  )
