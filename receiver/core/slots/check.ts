import type { DockerApp } from '../app.ts'
import { DeployError } from '../errors.ts'
import { type Answer, shown } from './answer.ts'
import type { DecidingHealthcheck } from './healthcheck.ts'
import { byGrpc } from './grpc-check.ts'
import { byHttp } from './http-check.ts'
import type { Container } from './container.ts'
import type { SlotPorts, TestResult } from './ports.ts'
import { stillRuns } from './still-runs.ts'

export type HealthPorts = Pick<SlotPorts, 'engine' | 'probe' | 'grpcProbe' | 'listeners' | 'clock'>

/** A container that is asked how it is. */
export interface Subject {
  app: DockerApp
  container: Container
  /** What decides in place of an HTTP answer. */
  healthcheck?: DecidingHealthcheck
  /** That it is done with its work is as good as that it goes on. */
  mayBeDone?: boolean
}

/** Asks a container once how it is. Throws `exited` when it does not run any more. */
export async function check(
  subject: Subject,
  ports: HealthPorts,
  signal: AbortSignal,
): Promise<Answer> {
  return ask({ ...subject, container: await stillRuns(subject, ports) }, ports, signal)
}

/** Asks one that was looked at just now. */
export async function ask(
  { app, container, healthcheck }: Subject,
  ports: HealthPorts,
  signal: AbortSignal,
): Promise<Answer> {
  if (container.doneAt !== undefined) {
    return { healthy: true, text: 'it is done: it ended with 0', enough: 1 }
  }
  if (healthcheck !== undefined)
    return byHealthcheck({ app, container, healthcheck }, ports, signal)
  if (!app.http) return { healthy: true, text: 'it runs', enough: app.health.healthyAfter }
  return app.health.grpc === true
    ? byGrpc(app, container, ports, signal)
    : byHttp(app, container, ports, signal)
}

/**
 * The engine's word, or the same test run from outside: its own next one may come in minutes, and engines before Docker 25 have
 * none that comes sooner while a container starts. To a HEALTHCHECK one good answer is healthy.
 */
async function byHealthcheck(
  {
    app,
    container: { name, health },
    healthcheck: { test, timeoutMs },
  }: Required<Pick<Subject, 'app' | 'container' | 'healthcheck'>>,
  { engine }: Pick<HealthPorts, 'engine'>,
  signal: AbortSignal,
): Promise<Answer> {
  const { status = 'starting', output = '' } = health ?? {}
  const answer = (healthy: boolean, what: string, printed: string) => ({
    healthy,
    text: `HEALTHCHECK ${what}${printed.trim() === '' ? '' : `: ${shown(printed.trim())}`}`,
    enough: 1,
  })
  if (status === 'healthy') return answer(true, status, output)
  try {
    const tested = await engine.runTest(name, test, { timeoutMs, signal })
    if (tested.exitCode === 0) return answer(true, 'passes', tested.output)
    return tested.exitCode === undefined
      ? answer(false, `did not end within ${timeoutMs / 1000} s`, tested.output)
      : {
          ...answer(false, `exited with code ${tested.exitCode}`, tested.output),
          ...(lacksProgram(tested) ? { hint: lacksProgramHint(app) } : {}),
        }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof DeployError) || error.code === 'engine_unreachable') throw error
    // the engine runs it all the same, at its own times
    return answer(false, status, output === '' ? error.message : output)
  }
}

/** Shells and the engine exit so when there is no such program; `curl … || exit 1` leaves the shell's words alone. */
const lacksProgram = ({ exitCode, output }: TestResult): boolean =>
  exitCode === 126 || exitCode === 127 || output.trimEnd().endsWith('not found')

const lacksProgramHint = ({ name, http }: DockerApp) =>
  `its test runs in the container, and the image seems not to have its program (curl, wget, bash, …): name one that it has in apps.${name}.healthcheck.test${http ? `, or set apps.${name}.health.path, which is asked for from outside` : ''}`
