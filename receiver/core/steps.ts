import type { StepName } from '../../protocol/deployment.ts'
import type { AppSpec } from './app.ts'
import { requireAttestation } from './attest.ts'
import { drain } from './drain.ts'
import { DeployError } from './errors.ts'
import { type Subject, waitUntilHealthy, watch } from './health.ts'
import { prune } from './prune.ts'
import { own, targetSlot, type World } from './plan.ts'
import type { Container, Ports, Progress, StoredDeployment } from './ports.ts'

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
  async resolve({ app, stored, ports, signal }) {
    const { repository, tag = 'latest', digest: named } = stored.deployment.image
    const digest = named ?? (await ports.registry.resolve({ repository, tag }, signal))
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
    return attested === '' ? resolved : `${resolved}, ${attested}`
  },

  async pull({ stored, ports, progress, signal }) {
    const { pulled } = await ports.engine.pull(imageOf(stored), { progress, signal })
    return pulled ? 'pulled, and its digest is right' : 'was there already'
  },

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
    if (app.strategy === 'recreate') await makeRoom({ app, stored, world, ports, signal, progress })
    const image = imageOf(stored)
    const slot = targetSlot(stored, world)
    for (const leftover of inSlot(world, slot)) {
      if (leftover.generation === stored.generation) continue
      await ports.engine.remove(leftover.name, { graceMs: app.container.stopGraceMs })
    }
    const port = await choosePort(app, image, ports)
    if (app.http) {
      ports.journal.setPort(app.name, slot, port)
      if (await ports.sites.ensure(app.name, ports.journal.ports(app.name, port))) {
        await ports.clock.sleep(RELOAD_MS, signal)
      }
    }
    const address = ports.journal.address(app.name, slot)
    await ports.engine.start({
      app,
      deployment: stored.deployment.id,
      generation: stored.generation,
      slot,
      ...image,
      address,
      port,
    })
    return app.http ? `${slot} at ${address}:${port}` : slot
  },

  async health(context) {
    const { ports, signal, progress } = context
    const subject = await subjectOf(context)
    return waitUntilHealthy(subject, ports, {
      progress: (message) => progress({ message }),
      signal,
    })
  },

  async swap({ app, stored, world, ports }) {
    const container = ownOrThrow(stored, world)
    ports.slots.makeLive(app.name, container.slot)
    if (ports.slots.paused(app.name)) ports.slots.resume(app.name)
    return `${container.slot} is live`
  },

  async watch(context) {
    return watch(await subjectOf(context), context.ports, context.signal)
  },

  async drain({ app, stored, world, ports, signal }) {
    const old = others(stored, world).find((container) => container.running)
    if (old === undefined || !app.http) return 'nothing to drain'
    return drain(app, old, ports, signal)
  },

  async retire({ app, stored, world, ports }) {
    const old = others(stored, world)
    for (const container of old) {
      await ports.engine.remove(container.name, { graceMs: app.container.stopGraceMs })
    }
    await prune(app, ports)
    return old.length === 0
      ? 'nothing to retire'
      : `removed ${old.map((container) => container.name).join(', ')}`
  },
} satisfies Partial<Record<StepName, RunStep>>

/** What cannot run twice: visitors are asked to wait, requests under way end, and the old container stops. */
async function makeRoom({
  app,
  stored,
  world,
  ports,
  signal,
  progress,
}: StepContext): Promise<void> {
  for (const old of others(stored, world)) {
    if (!old.running) continue
    if (app.http) {
      ports.slots.pause(app.name)
      progress({ message: `visitors are asked to wait; ${await drain(app, old, ports, signal)}` })
    }
    await ports.engine.stop(old.name, { graceMs: app.container.stopGraceMs })
  }
}

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

async function subjectOf({ app, stored, world, ports }: StepContext): Promise<Subject> {
  const container = ownOrThrow(stored, world)
  const configured = app.container.healthcheck?.test
  const hasHealthcheck =
    configured === undefined
      ? (await ports.engine.image(imageOf(stored))).hasHealthcheck
      : configured[0] !== 'NONE'
  return { app, container, hasHealthcheck }
}

function ownOrThrow(stored: StoredDeployment, world: World): Container {
  const container = own(stored, world)
  if (container !== undefined) return container
  throw new DeployError(
    'exited',
    `the container of ${stored.deployment.id} is gone: someone removed it`,
  )
}

export function imageOf({ deployment }: StoredDeployment): { repository: string; digest: string } {
  const { repository, digest } = deployment.image
  if (digest === undefined) throw new Error(`${deployment.id} has no digest yet`)
  return { repository, digest }
}

const inSlot = (world: World, slot: Container['slot']) =>
  world.containers.filter((container) => container.slot === slot)

const others = (stored: StoredDeployment, world: World) =>
  world.containers.filter((container) => container.generation !== stored.generation)
