import type { StepName } from '../../../protocol/deployment.ts'
import { retryLater } from '../image/retry.ts'
import type { AppSpec } from '../app.ts'
import { requireAttestation } from '../image/attest.ts'
import { drain } from './drain.ts'
import { DeployError } from '../errors.ts'
import { type Subject, waitUntilHealthy, watch } from './health.ts'
import { prune } from '../image/prune.ts'
import { imageOf } from '../image/image-of.ts'
import { pull } from '../image/pull.ts'
import { inSlot, others, own, targetSlot, type World } from './next-step.ts'
import type { Container, ContainerPlan, Ports, Progress, Slot, StoredDeployment } from '../ports.ts'
import { warmGeneration, whoseSettings } from './warm.ts'
import { inParallel } from './in-parallel.ts'

/** Nginx takes a reload up a moment after the command returns, and must know a new port before the swap. */
const RELOAD_MS = 1000
const RELEASE_LOG_LINES = 50

export interface StepContext {
  app: AppSpec
  stored: StoredDeployment
  world: World
  ports: Ports
  progress: Progress
  signal: AbortSignal
}

/** Runs one step and returns a line about it. Every step may run again after a crash in the middle of it. */
export type RunStep = (context: StepContext) => Promise<string>

/** What each step does. The swap is the one commit point: its flag decides who serves. */
export const RUN = {
  async resolve({ app, stored, ports, progress, signal }) {
    const { repository, tag = 'latest', digest: named } = stored.deployment.image
    const ask = () => ports.registry.resolve({ repository, tag }, signal)
    const said = (message: string) => progress({ message })
    const digest = named ?? (await retryLater(ask, { clock: ports.clock, said, signal }))
    const replaced = ports.journal.live(stored.deployment.app)?.deployment
    ports.journal.append(stored.deployment.id, {
      type: 'image',
      at: ports.clock.now(),
      digest,
      ...(replaced?.image.digest === undefined
        ? {}
        : { previous: { deployment: replaced.id, digest: replaced.image.digest } }),
    })
    const attested = await requireAttestation(app, stored.deployment, digest, ports, signal)
    const resolved = named === undefined ? `${repository}:${tag} is ${digest}` : digest
    return [resolved, attested, whoseSettings(stored, ports)]
      .filter((each) => each !== '')
      .join(', ')
  },

  pull: ({ stored, ports, progress, signal }) => pull(imageOf(stored), ports, { progress, signal }),

  async release({ app, stored, ports, progress, signal }) {
    if (app.release === undefined) return 'nothing to run'
    const { command, timeoutMs } = app.release
    const plan = { app, generation: stored.generation, ...imageOf(stored), command, timeoutMs }
    const last: string[] = []
    const { exitCode } = await ports.engine.runOnce(plan, {
      output(message) {
        if (last.push(message) > RELEASE_LOG_LINES) last.shift()
        progress({ message })
      },
      signal,
    })
    if (exitCode === 0) return `${command.join(' ')}: done`
    throw new DeployError(
      'release_failed',
      `the release command ${JSON.stringify(command.join(' '))} exited with code ${exitCode}`,
      { hint: 'look at the log below; the old version serves on', log: last },
    )
  },

  async start({ app, stored, world, ports, signal, progress }) {
    if (app.strategy === 'recreate') await stopOld({ app, stored, world, ports, signal, progress })
    const image = imageOf(stored)
    const slot = targetSlot(stored, world)
    const standing = warmGeneration(stored, world, slot, { replicas: app.replicas, ports })
    if (standing !== undefined) ports.journal.standIn(stored.deployment.id, standing)
    const generation = standing ?? stored.standsIn
    const leftovers = inSlot(world, slot).filter((each) => each.generation !== generation)
    await inParallel(leftovers, signal, ({ name }) =>
      ports.engine.remove(name, { graceMs: app.container.stopGraceMs }),
    )
    const port = await choosePort(app, image, ports)
    const upstream = { port, replicas: app.replicas }
    if (app.http) {
      ports.journal.setUpstream(app.name, slot, upstream)
      const upstreams = ports.journal.upstreams(app.name, upstream)
      if (await ports.sites.ensure({ [app.name]: upstreams })) {
        await ports.clock.sleep(RELOAD_MS, signal)
      }
    }
    const { id: deployment } = stored.deployment
    await startAll({ app, deployment, generation, slot, ...image, port }, ports, signal)
    const where = app.http ? `${slot} at ${addressesOf(app, slot, ports)}:${port}` : slot
    return standing === undefined ? where : `${where}, where it still stood`
  },

  async health(context) {
    const { ports, progress } = context
    const subjects = await subjectsOf(context)
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
    } catch (cause) {
      throw new DeployError('swap_failed', `cannot set the flag of ${slot}: ${reasonOf(cause)}`, {
        hint: 'check that the disk of `data:` has room and can be written',
        cause,
      })
    }
    return `${slot} is live`
  },

  async watch(context) {
    const subjects = await subjectsOf(context)
    const [line = ''] = await inParallel(subjects, context.signal, (subject, signal) =>
      watch(subject, context.ports, signal),
    )
    return line
  },

  async drain({ app, stored, world, ports, signal }) {
    const old = others(stored, world).filter((container) => container.running)
    if (old.length === 0 || !app.http) return 'nothing to drain'
    return drain(app, old, ports, signal)
  },

  async retire({ app, stored, world, ports, signal }) {
    const old = others(stored, world)
    const warm = app.warmMs > 0 ? old.filter((container) => container.running) : []
    const retired = old.filter((container) => !warm.includes(container))
    await inParallel(retired, signal, ({ name }) =>
      ports.engine.remove(name, { graceMs: app.container.stopGraceMs }),
    )
    await prune(app, ports)
    return (
      [
        ...retired.map(({ name }) => `removed ${name}`),
        ...warm.map(({ name }) => `${name} stays warm for ${app.warmMs / 1000} s`),
      ].join(', ') || 'nothing to retire'
    )
  },
} satisfies Partial<Record<StepName, RunStep>>

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** What cannot run twice: visitors are asked to wait, requests under way end, and the old container stops. */
async function stopOld({
  app,
  stored,
  world,
  ports,
  signal,
  progress,
}: StepContext): Promise<void> {
  const old = others(stored, world).filter(({ running }) => running)
  if (old.length === 0) return
  if (app.http) {
    ports.slots.pause(app.name)
    progress({ message: `visitors are asked to wait; ${await drain(app, old, ports, signal)}` })
  }
  await inParallel(old, signal, ({ name }) =>
    ports.engine.stop(name, { graceMs: app.container.stopGraceMs }),
  )
}

/** Starts every replica of a generation that does not run yet. */
export async function startAll(
  plan: Omit<ContainerPlan, 'replica' | 'address'>,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const { app, slot } = plan
  await inParallel(replicasOf(app), signal, (replica) =>
    ports.engine.start({
      ...plan,
      replica,
      address: ports.journal.address(app.name, slot, replica),
    }),
  )
}

const replicasOf = ({ replicas }: AppSpec) => Array.from({ length: replicas }, (_, at) => at + 1)

const addressesOf = (app: AppSpec, slot: Slot, ports: Pick<Ports, 'journal'>) =>
  replicasOf(app)
    .map((replica) => ports.journal.address(app.name, slot, replica))
    .join(', ')

/** Tells the replicas of an app apart. */
const nameOf = ({ app, container }: Subject) =>
  app.replicas === 1 ? '' : `replica ${container.replica}: `

/** The configured port, or the only one that the image EXPOSEs. */
export async function choosePort(
  app: AppSpec,
  image: { repository: string; digest: string },
  ports: Ports,
): Promise<number> {
  if (!app.http) return 0
  if (app.port !== undefined) return app.port
  const exposed = (await ports.engine.image(image)).ports
  const [only] = exposed
  if (only !== undefined && exposed.length === 1) return only
  throw new DeployError(
    'no_port',
    exposed.length === 0
      ? `${image.repository}@${image.digest} EXPOSEs no port`
      : `${image.repository}@${image.digest} EXPOSEs ${exposed.length} ports: ${exposed.join(', ')}`,
    { hint: `set apps.${app.name}.port to the port that the app listens on` },
  )
}

async function subjectsOf({ app, stored, world, ports }: StepContext): Promise<Subject[]> {
  firstOwn(stored, world)
  const configured = app.container.healthcheck?.test
  const hasHealthcheck =
    configured === undefined
      ? (await ports.engine.image(imageOf(stored))).hasHealthcheck
      : configured[0] !== 'NONE'
  return own(stored, world).map((container) => ({ app, container, hasHealthcheck }))
}

function firstOwn(stored: StoredDeployment, world: World): Container {
  const [container] = own(stored, world)
  if (container !== undefined) return container
  throw new DeployError(
    'exited',
    `the container of ${stored.deployment.id} is gone: someone removed it`,
  )
}
