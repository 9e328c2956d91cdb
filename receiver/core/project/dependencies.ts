import { DeployError } from '../errors.ts'
import type { StepContext } from '../slots/next-step.ts'
import { liveImage } from './live-image.ts'
import type { ComposeContainer } from './ports.ts'
import type { Dependency } from './project.ts'

/** Until when what was started must be there. Its own HEALTHCHECK mostly says sooner that it will not. */
export const DEPENDENCY_MS = 5 * 60_000
const LOOK_MS = 500
const LOG_LINES = 50

type Context = Pick<StepContext, 'app' | 'ports' | 'progress' | 'signal'>

/**
 * The step `services`: the project's networks and volumes are there, and so is every service of Compose's that ours wait for. What
 * runs is waited for and left as it is; what does not is started, one after the other.
 */
export async function startDependencies(context: Context): Promise<string> {
  const { app, ports, signal } = context
  const { project } = app
  if (project === undefined) return 'no project'
  ports.compose.override(app.name, project, liveImage(app, ports))
  await ports.compose.ensure(app.name, project, signal)
  const lines: string[] = []
  for (const dependency of project.dependencies) lines.push(await start(dependency, context))
  return lines.join(', ') || 'nothing to wait for'
}

async function start(dependency: Dependency, context: Context): Promise<string> {
  const { app, ports, progress, signal } = context
  const { service } = dependency
  const { project } = app
  if (project === undefined) return ''
  const look = async () =>
    (await ports.compose.containers(project.name)).filter((each) => each.service === service)
  const before = stateOf(dependency, await look())
  if (before === 'there') return `${service} ${WORDS[dependency.condition]}`
  if (before === 'failed') {
    progress({ message: `${service} does not run: Compose starts it` })
    await ports.compose.up(app.name, project, service, signal)
  }
  const end = ports.clock.ms() + DEPENDENCY_MS
  progress({ message: `waiting for ${service}: ${dependency.condition}` })
  for (;;) {
    const containers = await look()
    const state = stateOf(dependency, containers)
    if (state === 'there') return `${service} ${WORDS[dependency.condition]} now`
    if (state === 'failed' || ports.clock.ms() >= end) {
      throw await failure(dependency, containers, context)
    }
    await ports.clock.sleep(LOOK_MS, signal)
  }
}

const WORDS = {
  service_started: 'runs',
  service_healthy: 'is healthy',
  service_completed_successfully: 'is done',
} as const

/** `failed`: it is not there, and nothing is under way. */
export function stateOf(
  { condition }: Dependency,
  containers: readonly ComposeContainer[],
): 'there' | 'waiting' | 'failed' {
  const [first] = containers
  if (first === undefined) return 'failed'
  const all = (is: (container: ComposeContainer) => boolean) => containers.every(is)
  if (condition === 'service_completed_successfully') {
    if (containers.some(({ running }) => running)) return 'waiting'
    return all(({ exitCode, ended }) => ended && exitCode === 0) ? 'there' : 'failed'
  }
  if (!all(({ running }) => running)) return 'failed'
  // one without a HEALTHCHECK cannot say more
  if (condition === 'service_started' || all(({ health = 'healthy' }) => health === 'healthy')) {
    return 'there'
  }
  return containers.some(({ health }) => health === 'unhealthy') ? 'failed' : 'waiting'
}

async function failure(
  { service, condition }: Dependency,
  containers: readonly ComposeContainer[],
  { app, ports }: Context,
): Promise<DeployError> {
  const container = containers.find(({ running, health }) => !running || health !== 'healthy')
  const log = container === undefined ? [] : await ports.engine.logs(container.name, LOG_LINES)
  const what =
    container === undefined
      ? 'has no container'
      : !container.running
        ? `exited with code ${container.exitCode}`
        : container.health === 'unhealthy'
          ? 'is unhealthy'
          : `is not healthy after ${DEPENDENCY_MS / 1000} s`
  return new DeployError(
    'dependency_failed',
    `the service ${service}, which is waited for (${condition}), ${what}; nothing was touched`,
    { hint: `deploy-receiver compose ${app.name} -- logs ${service}`, log },
  )
}
