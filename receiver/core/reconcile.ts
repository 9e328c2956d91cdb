import type { Deployment, DeploymentEvent, StepName } from '../../protocol/deployment.ts'
import { abandon, finish } from './slots/abandon.ts'
import { type AppSpec, type Settings, settingsOf, withSettings } from './app.ts'
import { DeployError, describeError } from './errors.ts'
import { observe } from './slots/observe.ts'
import { isLive, nextStep, type World } from './slots/next-step.ts'
import type { Ports, StoredDeployment } from './ports.ts'
import { repair, type LookAgain } from './slots/repair.ts'
import { RUN, type RunStep } from './slots/steps.ts'

/** The engine may be away for so many looks before a deployment that is not live yet fails. */
const LOOKS = 20
const LOOK_AGAIN_MS = 1000

/**
 * Brings an app to what its newest accepted deployment asks for, one missing step after the other, until nothing is
 * missing. It reads the world before each step, so it goes on correctly from wherever an earlier process stopped: start-up
 * is this same call. Rejects only when `signal` aborts; failures of deployments are recorded in the journal.
 */
export async function reconcile(
  app: AppSpec,
  ports: Ports,
  signal: AbortSignal,
): Promise<LookAgain> {
  for (;;) {
    signal.throwIfAborted()
    // taken up before anything is waited for, so that the next to come queues up behind it
    const stored = ports.journal.next(app.name)
    if (stored === undefined) break
    await deploy(app, stored, ports, signal)
  }
  return repair(app, ports, signal)
}

async function deploy(
  configured: AppSpec,
  first: StoredDeployment,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const generation = first.generation
  await begin(configured, first, ports)
  const app = withSettings(configured, ports.journal.settings(first.deployment.id))
  let failures = 0
  for (;;) {
    const stored = reload(app, generation, ports)
    try {
      // a step failed, perhaps in a process that died before it could clean up
      if (stored.deployment.error !== undefined) return await abandon(app, stored, ports, signal)
      const world = await observe(app, ports)
      const step = nextStep(stored, world, app)
      if (step === undefined) return finish(stored, 'succeeded', ports)
      failures = 0
      await run(step, { app, stored, world, ports, signal })
    } catch (error) {
      signal.throwIfAborted()
      // nothing can be recorded: the deployer takes it up again
      if (isStoreFailure(error)) throw error
      // not of a step, whose failures `run` records: the world cannot be read or put right
      failures += 1
      const isAway = error instanceof DeployError && error.code === 'engine_unreachable'
      if (failures <= LOOKS || (isAway && stored.deployment.live_at !== undefined)) {
        // what is live is only decided by looking, however long the engine is away
        ports.report('the engine does not answer: looking again', { app: app.name, error })
        await ports.clock.sleep(LOOK_AGAIN_MS, signal)
      } else if (stored.deployment.error === undefined) {
        recordFailure(stored, 'resolve', error, ports)
      } else {
        // `repair` removes what is left once the engine answers again
        return finish(stored, 'failed', ports)
      }
    }
  }
}

/** A deployment taken up again before its swap starts and checks its container anew: time has passed. */
async function begin(app: AppSpec, stored: StoredDeployment, ports: Ports): Promise<void> {
  const { deployment } = stored
  if (deployment.status === 'queued') {
    const at = ports.clock.now()
    ports.journal.append(
      deployment.id,
      { type: 'started', at },
      { settings: wanted(app, deployment, ports) },
    )
    return
  }
  const world = await observe(app, ports).catch(() => undefined)
  if (deployment.error !== undefined || world === undefined || isLive(stored, world)) return
  for (const step of deployment.steps) {
    if (step.name !== 'start' && step.name !== 'health') continue
    emit(stored, { type: 'step', at: ports.clock.now(), step: step.name, status: 'running' }, ports)
  }
}

/** A rollback brings back the settings of its release, everything else has those of the config. */
function wanted(app: AppSpec, { settings_of: of }: Deployment, ports: Ports): Settings {
  const known = of === undefined ? undefined : ports.journal.settings(of)
  return known ?? settingsOf(app)
}

async function run(
  step: StepName,
  {
    app,
    stored,
    world,
    ports,
    signal,
  }: {
    app: AppSpec
    stored: StoredDeployment
    world: World
    ports: Ports
    signal: AbortSignal
  },
): Promise<void> {
  const began = ports.clock.ms()
  emit(stored, { type: 'step', at: ports.clock.now(), step, status: 'running' }, ports)
  try {
    const runStep: RunStep = RUN[step]
    const message = await runStep({
      app,
      stored,
      world,
      ports,
      signal,
      progress: (progress) =>
        emit(stored, { type: 'progress', at: ports.clock.now(), step, ...progress }, ports),
    })
    const ms = Math.round(ports.clock.ms() - began)
    // live first: whoever sees the swap as done finds the deployment live
    if (step === 'swap') {
      const live: DeploymentEvent = { type: 'live', at: ports.clock.now() }
      ports.journal.append(stored.deployment.id, live, { live: true })
    }
    emit(
      stored,
      { type: 'step', at: ports.clock.now(), step, status: 'succeeded', ms, message },
      ports,
    )
  } catch (error) {
    // the receiver stops: the next start goes on from here
    signal.throwIfAborted()
    // what the step did is there: only that cannot be recorded
    if (isStoreFailure(error)) throw error
    recordFailure(stored, step, error, ports, Math.round(ports.clock.ms() - began))
  }
}

/** The failure is durable before anything is undone, so that a crash in between cannot start the deployment over. */
function recordFailure(
  stored: StoredDeployment,
  step: StepName,
  error: unknown,
  ports: Ports,
  ms?: number,
): void {
  const described = describeError(error)
  // after the swap held through `watch`, the deployment has succeeded; what is left over is cleaned up at the next chance
  const cleaning = step === 'drain' || step === 'retire'
  if (cleaning) ports.report(`${step} failed`, { deployment: stored.deployment.id, error })
  emit(
    stored,
    {
      type: 'step',
      at: ports.clock.now(),
      step,
      status: 'failed',
      ...(ms === undefined ? {} : { ms }),
      message: described.message,
      ...(cleaning ? {} : { error: described }),
    },
    ports,
  )
}

function reload(app: AppSpec, generation: number, ports: Ports): StoredDeployment {
  const stored = ports.journal.find(app.name, generation)
  if (stored !== undefined) return stored
  throw new DeployError(
    'internal_error',
    `deployment ${generation} of ${app.name} is not on record`,
  )
}

const isStoreFailure = (error: unknown): boolean =>
  error instanceof DeployError && error.code === 'store_failed'

const emit = (stored: StoredDeployment, event: DeploymentEvent, ports: Ports) =>
  ports.journal.append(stored.deployment.id, event)
