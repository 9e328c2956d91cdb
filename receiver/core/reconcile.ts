import type { Deployment, DeploymentError, DeploymentEvent } from '../../protocol/deployment.ts'
import { attempt } from './attempts.ts'
import {
  type AppSpec,
  onThisMachine,
  rolledBack,
  type Settings,
  settingsOf,
  withSettings,
} from './app.ts'
import { DeployError, describeError, isStoreFailure } from './errors.ts'
import { finish } from './finish.ts'
import type { Bookkeeping, StoredDeployment } from './journal.ts'
import { lineOf } from './log.ts'
import { type LookAgain, rolloutOf, type Rollouts, type Standing } from './rollout.ts'
import { tellProgress } from './tell-progress.ts'
import type { Turns } from './turns.ts'

/** The engine may be away for so many looks before a deployment that is not live yet fails. */
const LOOKS = 20
const LOOK_AGAIN_MS = 1000
/** That it is away is said once a minute. */
const SAID_EVERY = 60
/** What attempts to undo a failed deployment are counted as. */
const ABANDON = 'abandon'

/** What the reconciler needs: the books, and how each kind of app is rolled out. */
export interface ReconcilePorts extends Bookkeeping {
  rollouts: Rollouts
  /** For the steps in which the receiver died, of all apps. */
  turns: Turns
  /**
   * The app by what its settings are made of now, if that lies outside of the config: a Compose project is read for each deployment.
   * Throws `DeployError`.
   */
  fresh?(app: AppSpec): Promise<AppSpec>
}

/**
 * Brings an app to what its newest accepted deployment asks for, one missing step after the other, until nothing is
 * missing. What stands decides which step is next, so it goes on correctly from wherever an earlier process stopped: start-up
 * is this same call. Rejects only when `signal` aborts; failures of deployments are recorded in the journal.
 */
export async function reconcile(
  app: AppSpec,
  ports: ReconcilePorts,
  signal: AbortSignal,
): Promise<LookAgain> {
  for (;;) {
    signal.throwIfAborted()
    // taken up before anything is waited for, so that the next to come queues up behind it
    const stored = ports.journal.next(app.name)
    if (stored === undefined) break
    await deploy(app, stored, ports, signal)
  }
  return rolloutOf(app, ports.rollouts).repair(app, signal)
}

async function deploy(
  configured: AppSpec,
  first: StoredDeployment,
  ports: ReconcilePorts,
  signal: AbortSignal,
): Promise<void> {
  const rollout = rolloutOf(configured, ports.rollouts)
  if (!(await begin(configured, first, ports))) return
  const app = withSettings(configured, ports.journal.settings(first.deployment.id))
  let failures = 0
  // where the step before succeeded in this very run: a start, and whatever went wrong, looks at everything
  let done: Standing | undefined
  for (;;) {
    const stored = reload(app, first.generation, ports)
    const before = done
    done = undefined
    try {
      // a step failed, perhaps in a process that died before it could clean up
      if (stored.deployment.error !== undefined) {
        return finish(stored, 'failed', ports, await abandon(app, stored, ports, signal))
      }
      const standing = await rollout.look(app, stored, before)
      if (standing.next === undefined) return finish(stored, 'succeeded', ports)
      failures = 0
      const succeeded = await run(standing.next, { app, stored, standing, ports, signal })
      if (succeeded) done = standing
    } catch (error) {
      signal.throwIfAborted()
      // nothing can be recorded: the deployer takes it up again
      if (isStoreFailure(error)) throw error
      // not of a step, whose failures `run` records: the world cannot be read or put right
      failures += 1
      const isAway = error instanceof DeployError && error.code === 'engine_unreachable'
      if (failures <= LOOKS || (isAway && stored.deployment.live_at !== undefined)) {
        // what is live is only decided by looking, however long the engine is away
        if (failures % SAID_EVERY === 1) {
          const of = lineOf(stored.deployment)
          ports.report('what stands cannot be seen: looking again each second', { ...of, error })
        }
        await ports.clock.sleep(LOOK_AGAIN_MS, signal)
      } else if (stored.deployment.error === undefined) {
        recordFailure({ stored, step: 'resolve', error }, ports)
      } else {
        // `repair` removes what is left once the engine answers again
        return finish(stored, 'failed', ports)
      }
    }
  }
}

/** Undoes what failed. What ended the receiver in this, too, is left to `repair`. */
async function abandon(
  app: AppSpec,
  stored: StoredDeployment,
  ports: ReconcilePorts,
  signal: AbortSignal,
): Promise<DeploymentError | undefined> {
  const { journal, report } = ports
  const { id, error } = stored.deployment
  try {
    return await attempt(stored, ABANDON, {
      journal,
      turns: ports.turns,
      signal,
      begin: (attempts) => journal.setAttempts(id, ABANDON, attempts),
      work: () => rolloutOf(app, ports.rollouts).abandon(app, stored, signal),
    })
  } catch (cause) {
    if (!(cause instanceof DeployError) || cause.code !== 'receiver_died') throw cause
    report('what failed could not be taken back', { ...lineOf(stored.deployment), error: cause })
    return error
  }
}

/**
 * A deployment that is taken up again before it is live does anew what time may have undone. Resolves to whether it is still the one
 * to go on with.
 */
async function begin(
  app: AppSpec,
  stored: StoredDeployment,
  ports: ReconcilePorts,
): Promise<boolean> {
  const { deployment } = stored
  if (deployment.status === 'queued') {
    const { fresh, failure } =
      ports.fresh === undefined || onThisMachine(app).project === undefined
        ? { fresh: app }
        : await freshly(app, ports.fresh)
    // a newer one may have come while something was read
    if (ports.journal.next(app.name)?.generation !== stored.generation) return false
    const at = ports.clock.now()
    ports.journal.append(
      deployment.id,
      { type: 'started', at },
      { settings: wanted(fresh, deployment, ports) },
    )
    if (failure !== undefined) recordFailure({ stored, step: 'resolve', error: failure }, ports)
    return true
  }
  await beginAgain(app, stored, ports)
  return true
}

async function freshly(
  app: AppSpec,
  fresh: NonNullable<ReconcilePorts['fresh']>,
): Promise<{ fresh: AppSpec; failure?: unknown }> {
  try {
    return { fresh: await fresh(app) }
  } catch (failure) {
    return { fresh: app, failure }
  }
}

async function beginAgain(
  app: AppSpec,
  stored: StoredDeployment,
  ports: ReconcilePorts,
): Promise<void> {
  const { deployment } = stored
  const rollout = rolloutOf(app, ports.rollouts)
  const standing = await rollout.look(app, stored).catch(() => undefined)
  if (deployment.error !== undefined || standing === undefined || standing.isLive) return
  for (const { name: step } of deployment.steps) {
    if (!rollout.steps.anew.has(step)) continue
    emit(stored, { type: 'step', at: ports.clock.now(), step, status: 'running' }, ports)
  }
}

/** A rollback brings settings of its release back, everything else has those of the config. */
function wanted(app: AppSpec, deployment: Deployment, ports: Bookkeeping): Settings {
  const { settings_of: of, release_settings: all = false } = deployment
  const known = of === undefined ? undefined : ports.journal.settings(of)
  if (known === undefined) return settingsOf(app)
  return all ? known : rolledBack(app, known)
}

/** Resolves to whether the step succeeded; a failure is on record. */
async function run(
  step: string,
  {
    app,
    stored,
    standing,
    ports,
    signal,
  }: {
    app: AppSpec
    stored: StoredDeployment
    standing: Standing
    ports: ReconcilePorts
    signal: AbortSignal
  },
): Promise<boolean> {
  const { journal } = ports
  const began = ports.clock.ms()
  try {
    const message = await attempt(stored, step, {
      journal,
      turns: ports.turns,
      signal,
      begin(attempts) {
        const at = ports.clock.now()
        emit(stored, { type: 'step', at, step, status: 'running' }, ports, { attempts })
      },
      work: () => standing.run({ signal, progress: tellProgress(stored, step, ports) }),
    })
    const ms = Math.round(ports.clock.ms() - began)
    // live first: whoever sees the step as done finds the deployment live
    if (step === rolloutOf(app, ports.rollouts).steps.commit) {
      const live: DeploymentEvent = { type: 'live', at: ports.clock.now() }
      ports.journal.append(stored.deployment.id, live, { live: true })
    }
    emit(
      stored,
      { type: 'step', at: ports.clock.now(), step, status: 'succeeded', ms, message },
      ports,
      { attempts: 0 },
    )
    return true
  } catch (error) {
    // the receiver stops: the next start goes on from here
    signal.throwIfAborted()
    // what the step did is there: only that cannot be recorded
    if (isStoreFailure(error)) throw error
    const ms = Math.round(ports.clock.ms() - began)
    const isCleanup = rolloutOf(app, ports.rollouts).steps.cleanup.has(step)
    recordFailure({ stored, step, error, ms, isCleanup }, ports)
    return false
  }
}

/** The failure is durable before anything is undone, so that a crash in between cannot start the deployment over. */
function recordFailure(
  {
    stored,
    step,
    error,
    ms,
    isCleanup = false,
  }: { stored: StoredDeployment; step: string; error: unknown; ms?: number; isCleanup?: boolean },
  ports: Bookkeeping,
): void {
  const described = describeError(error)
  if (described.code === 'internal_error') {
    // only here it is said where in the code
    const of = lineOf(stored.deployment)
    ports.report(`${step} met what nobody foresaw`, { ...of, step, error }, 'error')
  }
  emit(
    stored,
    {
      type: 'step',
      at: ports.clock.now(),
      step,
      status: 'failed',
      ...(ms === undefined ? {} : { ms }),
      message: described.message,
      // the deployment has succeeded; what is left over is cleaned up at the next chance
      ...(isCleanup ? {} : { error: described }),
    },
    ports,
    { attempts: 0 },
  )
}

function reload(app: AppSpec, generation: number, ports: Bookkeeping): StoredDeployment {
  const stored = ports.journal.find(app.name, generation)
  if (stored !== undefined) return stored
  throw new DeployError(
    'internal_error',
    `deployment ${generation} of ${app.name} is not on record`,
  )
}

const emit = (
  stored: StoredDeployment,
  event: DeploymentEvent,
  ports: Bookkeeping,
  options?: { attempts: number },
) => ports.journal.append(stored.deployment.id, event, options)
