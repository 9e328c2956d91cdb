import { DeployError } from '../errors.ts'
import { lookAhead, pull } from '../image/pull.ts'
import { resolve } from '../image/resolve.ts'
import { imageOf, type StoredDeployment } from '../journal.ts'
import { startDependencies } from '../project/dependencies.ts'
import { migrate } from '../project/migrate.ts'
import type { Service } from '../project/project.ts'
import { ofService, replaceWorkers, workerSubjects } from '../project/workers.ts'
import { refuseWithoutData } from './awaited-data.ts'
import { drain } from './drain.ts'
import type { Subject } from './check.ts'
import { waitUntilHealthy, watch } from './health.ts'
import { inParallel } from './in-parallel.ts'
import { others, own, type StepContext, type StepName, type World } from './next-step.ts'
import type { Container } from './container.ts'
import { release } from './release.ts'
import { retire } from './retire.ts'
import { start } from './start.ts'
import { letIn } from './stopped.ts'
import { claimVolumes, refuseWarm } from './volumes.ts'

/** Does one step and resolves to a line about it. Every step may run again after a crash in the middle of it. */
type RunStep = (context: StepContext) => Promise<string>

/** What each step does. The swap is the one commit point: its flag decides who serves. */
export const STEPS: Readonly<Record<StepName, RunStep>> = {
  async resolve({ app, stored, ports, progress, signal }) {
    refuseWithoutData(app.name, ports)
    return resolve(app, stored, ports, { progress, signal })
  },

  async pull({ app, stored, world, ports, ahead, progress, signal }) {
    const image = imageOf(stored)
    const rollback = stored.deployment.action === 'rollback'
    const known = await (ahead ?? lookAhead(app.name, image, ports, { rollback, signal }))
    const line = await pull(app.name, image, known, ports, { progress, signal })
    // the first moment at which it can be told, and nothing was touched
    refuseWarm(app, await claimVolumes(app, image, world, ports))
    return line
  },

  services: startDependencies,

  migrate,

  release,

  start,

  async health(context) {
    const { ports, progress } = context
    const subjects = subjectsOf(context)
    const lines = await inParallel(subjects, context.signal, (subject, signal) =>
      waitUntilHealthy(subject, ports, {
        progress: (message) => progress({ message: `${nameOf(subject)}${message}` }),
        signal,
      }).then((line) => `${nameOf(subject)}${line}`),
    )
    return lines.join('; ')
  },

  async swap({ app, stored, world, ports }) {
    const { slot } = firstOwn(stored, world)
    try {
      ports.slots.makeLive(app.name, slot)
      if (ports.slots.paused(app.name)) ports.slots.unpause(app.name)
      if (ports.slots.drained(app.name)) ports.slots.setDrained(app.name, false)
      // what somebody deploys is to run
      if (letIn(app.name, ports)) return `${slot} is live; the app was stopped, and runs again`
    } catch (cause) {
      throw new DeployError('swap_failed', `cannot set the flag of ${slot}: ${reasonOf(cause)}`, {
        hint: 'check that the disk of `data:` has room and can be written',
        cause,
      })
    }
    return `${slot} is live`
  },

  workers: replaceWorkers,

  async watch(context) {
    const { app, ports } = context
    const [line = ''] = await inParallel(
      [...subjectsOf(context).map((subject) => ({ subject })), ...(await workerSubjects(context))],
      context.signal,
      ({ subject, service }: { subject: Subject; service?: Service }, signal) =>
        watch(subject, ports, signal).catch((error: unknown) => {
          throw service === undefined ? error : ofService(service, app, error)
        }),
    )
    return line
  },

  async drain({ app, stored, world, ports, signal }) {
    const old = others(stored, world).filter((container) => container.running)
    if (old.length === 0 || !app.http) return 'nothing to drain'
    return drain(app, old, ports, signal)
  },

  retire,
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Tells the replicas of an app apart. */
const nameOf = ({ app, container }: Subject) =>
  app.replicas === 1 ? '' : `replica ${container.replica}: `

function subjectsOf({ app, stored, world, healthcheck }: StepContext): Subject[] {
  firstOwn(stored, world)
  return own(stored, world).map((container) => ({
    app,
    container,
    ...(healthcheck === undefined ? {} : { healthcheck }),
  }))
}

function firstOwn(stored: StoredDeployment, world: World): Container {
  const [container] = own(stored, world)
  if (container !== undefined) return container
  throw new DeployError(
    'exited',
    `the container of ${stored.deployment.id} is gone: someone removed it`,
  )
}
