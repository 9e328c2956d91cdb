import type { DockerApp } from '../app.ts'
import type { Clock } from '../clock.ts'
import { DeployError } from '../errors.ts'
import type { SlotPorts } from './ports.ts'
import { markStarting, markStopped } from './stopped.ts'

const LOOK_MS = 100
/** For what Docker takes beside the app's own times, and for what the app is being looked after at this moment. */
const BESIDE_MS = 60_000

type OperatePorts = Pick<SlotPorts, 'record' | 'slots' | 'engine'> & {
  clock: Pick<Clock, 'now' | 'ms' | 'sleep'>
  /** Has the app looked after. */
  wake(app: string): void
}

/** Stops an app until it is started or deployed again. Resolves when nothing of it runs. Throws `timed_out`. */
export async function stopApp(
  app: DockerApp,
  ports: OperatePorts,
  signal: AbortSignal,
): Promise<void> {
  markStopped(app, ports)
  const isDone = async () =>
    [
      ...(await ports.engine.containers(app.name)),
      ...(await ports.engine.services(app.name)),
    ].every(({ running }) => !running)
  await wakeAndWait(
    app,
    { what: 'stop', isDone, limitMs: app.container.stopGraceMs },
    ports,
    signal,
  )
}

/** Starts an app that was stopped. Resolves when visitors are let in. Throws `timed_out`. */
export async function startApp(
  app: DockerApp,
  ports: OperatePorts,
  signal: AbortSignal,
): Promise<void> {
  markStarting(app.name, ports)
  const isDone = async () => ports.record.stopped(app.name) === undefined
  await wakeAndWait(app, { what: 'start', isDone, limitMs: BESIDE_MS }, ports, signal)
}

async function wakeAndWait(
  app: DockerApp,
  { what, isDone, limitMs }: { what: string; isDone: () => Promise<boolean>; limitMs: number },
  { clock, wake }: OperatePorts,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.ms() + limitMs + BESIDE_MS
  wake(app.name)
  while (!(await isDone())) {
    if (clock.ms() >= end) {
      throw new DeployError('timed_out', `${app.name} does not ${what}: it is tried on`, {
        hint: `the receiver's log and deploy-receiver doctor say what hangs`,
      })
    }
    await clock.sleep(LOOK_MS, signal)
  }
}
