import { type DockerApp, withSettings } from '../app.ts'
import { imageOf, type StoredDeployment } from '../journal.ts'
import { startDependencies } from '../project/dependencies.ts'
import { repairWorkers } from '../project/standing-workers.ts'
import type { LookAgain } from '../rollout.ts'
import { lineOf } from '../log.ts'
import { choosePort, startAll } from './containers.ts'
import { inParallel } from './in-parallel.ts'
import { removeContainer } from './kept-logs.ts'
import { observe, others, own, type World } from './next-step.ts'
import type { Container } from './container.ts'
import type { SlotPorts } from './ports.ts'
import { untilItAnswers } from './resume-visitors.ts'
import { keepStopped, letIn } from './stopped.ts'
import { claimVolumes, takeOver } from './volumes.ts'

/**
 * Puts right what stands between deployments: the live containers run, warm ones until their time is over, and nothing
 * else of the app does. Used at start-up, after a crash of the receiver, a restart of the engine or someone's `docker rm`.
 * Failures are reported, not thrown: a deployment may still mend what this could not.
 */
export async function repair(
  app: DockerApp,
  ports: SlotPorts,
  signal: AbortSignal,
): Promise<LookAgain> {
  try {
    const waiting = ports.journal.next(app.name)
    const live = ports.journal.live(app.name)
    const world = await observe(app.name, ports)
    // a deployment under way owns what stands
    if (waiting?.deployment.status === 'running') return undefined
    takeOver(app, world, ports)
    const stopped = ports.record.stopped(app.name)
    if (stopped?.isStarting === false) await keepStopped(app, world, ports, signal)
    else if (live !== undefined) await startLive(app, live, world, ports, signal)
    if (stopped?.isStarting === true) await letInWhenItAnswers(app, live, ports, signal)
    if (ports.slots.paused(app.name)) ports.slots.unpause(app.name)
    if (ports.slots.drained(app.name)) ports.slots.setDrained(app.name, false)
    const kept = live === undefined ? [] : keptOf(app, live, world, ports)
    const strays = live === undefined ? world.containers : others(live, world)
    for (const leftover of strays) {
      if (kept.includes(leftover)) continue
      const { name: container } = leftover
      ports.report('a container is left over: removing it', { app: app.name, container })
      await removeContainer(leftover, app, ports)
    }
    if (stopped?.isStarting !== false) {
      const as = live && withSettings(app, ports.journal.settings(live.deployment.id))
      await repairWorkers(as ?? app, live, ports, { stoppedSince: stopped?.since, signal })
    }
    await ports.engine.removeReleases(app.name)
    await ports.engine.removeCommands(app.name)
    return live === undefined ? undefined : await coolDown(app, live, kept, ports, signal)
  } catch (error) {
    signal.throwIfAborted()
    ports.report('the app could not be looked after', { app: app.name, error })
    return undefined
  }
}

async function startLive(
  configured: DockerApp,
  live: StoredDeployment,
  world: World,
  ports: SlotPorts,
  signal: AbortSignal,
): Promise<void> {
  const app = withSettings(configured, ports.journal.settings(live.deployment.id))
  const standing = own(live, world)
  const still = standing.filter(({ running, cutOff }) => !running || cutOff === true)
  const missing = app.replicas - standing.length
  if (still.length === 0 && missing <= 0) return
  const { repository, digest } = imageOf(live)
  ports.report(
    missing > 0
      ? 'a live container is gone: making it again'
      : still.every(({ running }) => running)
        ? 'a live container is off a network: joining it again'
        : 'a live container does not run: starting it',
    lineOf(live.deployment),
    // `start` has it so on purpose
    ports.record.stopped(app.name) === undefined ? 'warn' : 'info',
  )
  if (missing > 0) {
    await standProject(app, ports, signal)
    await ports.images.pull({ repository, digest }, { progress: () => {}, signal })
  }
  const volumes = await claimVolumes(app, { repository, digest }, world, ports)
  await startAll(
    {
      app,
      deployment: live.deployment.id,
      generation: live.standsIn,
      slot: standing[0]?.slot ?? ports.slots.live(app.name) ?? 'blue',
      repository,
      digest,
      port: await choosePort(app, { repository, digest }, ports),
      volumes,
    },
    { standing },
    ports,
    signal,
  )
}

/** On a machine that was set up anew neither the networks of its project are there nor its database. */
async function standProject(app: DockerApp, ports: SlotPorts, signal: AbortSignal): Promise<void> {
  if (app.project === undefined) return
  const context = { app, ports, progress: () => {}, signal }
  await startDependencies(context).catch((error: unknown) => {
    signal.throwIfAborted()
    // it may do without them for a while, as it has to when they end later
    ports.report('what the app waits for is not there', { app: app.name, error })
  })
}

/** What was stopped on purpose runs again. */
async function letInWhenItAnswers(
  app: DockerApp,
  live: StoredDeployment | undefined,
  ports: SlotPorts,
  signal: AbortSignal,
): Promise<void> {
  const [first] = live === undefined ? [] : own(live, await observe(app.name, ports))
  if (first !== undefined && app.http) await untilItAnswers(app, first, ports, signal)
  letIn(app.name, ports)
}

/** The containers that the live ones replaced, which a rollback can have back as they are. */
function keptOf(
  app: DockerApp,
  live: StoredDeployment,
  world: World,
  { journal }: Pick<SlotPorts, 'journal'>,
): Container[] {
  if (app.warmMs === 0) return []
  const replaced = others(live, world).filter(
    ({ slot, generation }) =>
      slot !== world.live && journal.find(app.name, generation)?.deployment.status === 'succeeded',
  )
  const newest = Math.max(...replaced.map(({ generation }) => generation))
  return replaced.filter(({ generation }) => generation === newest)
}

/** Stops what was warm long enough, and tells when it will be. */
async function coolDown(
  app: DockerApp,
  { deployment }: StoredDeployment,
  kept: readonly Container[],
  ports: SlotPorts,
  signal: AbortSignal,
): Promise<LookAgain> {
  const warm = kept.filter(({ running }) => running)
  if (warm.length === 0) return undefined
  const left = app.warmMs - ports.clock.since(deployment.finished_at ?? deployment.created_at)
  // of a clock that was set back, no more than the whole time
  if (left > 0) return Math.min(left, app.warmMs)
  await inParallel(warm, signal, ({ name }) =>
    ports.engine.stop(name, { graceMs: app.container.stopGraceMs }),
  )
  return undefined
}
