import type { AppSpec } from '../app.ts'
import { defined } from '../defined.ts'
import { DeployError } from '../errors.ts'
import type { Failure, OrderStatus } from './orchestrator.ts'
import type { DelegatedPorts } from './ports.ts'

const LOG_LINES = 50

/** Why an order cannot come to a good end any more, with all that is known of it; `undefined`: it still can. */
export async function failureOf<App extends AppSpec>(
  app: App,
  status: OrderStatus,
  generation: number,
  { orchestrator }: Pick<DelegatedPorts<App>, 'orchestrator'>,
): Promise<DeployError | undefined> {
  const { phase, failures, says } = status
  const own = failures.filter((each) => each.generation === generation)
  const [first] = own
  if (first !== undefined) {
    const log = await orchestrator.logs(app, first.instance, LOG_LINES)
    return ofInstance(first, own.length, log)
  }
  if (phase === 'paused' || phase === 'stuck' || phase === 'undoing' || phase === 'undone') {
    return new DeployError('rollout_failed', says ?? `the rollout is ${phase}`, {
      hint: 'what runs it says no more; its own log may',
      ...defined({ log: await logOfWaiting(app, status, { orchestrator }) }),
    })
  }
  return undefined
}

/** What an instance printed that does not get ready. */
export async function logOfWaiting<App extends AppSpec>(
  app: App,
  { waitsAt }: OrderStatus,
  { orchestrator }: Pick<DelegatedPorts<App>, 'orchestrator'>,
): Promise<string[] | undefined> {
  return waitsAt === undefined ? undefined : orchestrator.logs(app, waitsAt, LOG_LINES)
}

function ofInstance(
  { where, code, message, exitCode }: Failure,
  count: number,
  log: readonly string[],
): DeployError {
  const ended = exitCode === undefined ? '' : ` (exit code ${exitCode})`
  const more = count === 1 ? '' : `; ${count - 1} more failed`
  return new DeployError(code, `on ${where}: ${message}${ended}${more}`, {
    hint:
      HINTS[code] ?? (log.length > 0 ? 'look at what it printed last' : 'it has printed nothing'),
    log,
  })
}

const HINTS: Readonly<Partial<Record<DeployError['code'], string>>> = {
  image_missing:
    'the node cannot have the image: see whether it is in the registry still, and whether the node’s login may see it',
  registry_denied:
    'the node’s login is missing or wrong: of a workload that is imagePullSecrets, of a service the login in `registries`',
  platform_missing: 'build the image for the platform of that node, too',
  start_failed:
    'it was not started, so it has printed nothing: see that all it names is there (secrets, config, volumes, its command)',
}
