import type { Deployment } from '../../../protocol/deployment.ts'
import type { DockerApp } from '../app.ts'
import type { Held } from '../image/image-store.ts'
import type { StoredDeployment } from '../journal.ts'
import type { Progress } from '../rollout.ts'
import type { DecidingHealthcheck } from './healthcheck.ts'
import { type Container, otherSlot, type Slot } from './container.ts'
import type { SlotPorts } from './ports.ts'

/** The steps of two slots, in their order. */
export const STEP_NAMES = [
  'resolve',
  'pull',
  // of an app that is a service of a Compose project
  'services',
  'migrate',
  'release',
  'start',
  'health',
  'swap',
  // of a Compose project, too
  'workers',
  'watch',
  'drain',
  'retire',
] as const
export type StepName = (typeof STEP_NAMES)[number]

/** What stands, as observed: the flag and the app's containers. */
export interface World {
  live: Slot | undefined
  containers: readonly Container[]
}

/** What a step works on. */
export interface StepContext {
  app: DockerApp
  stored: StoredDeployment
  world: World
  /** In the steps in which the container is asked: what decides there, if it is a HEALTHCHECK. */
  healthcheck?: DecidingHealthcheck
  ports: SlotPorts
  /** Apps of which it was told that they do not hear the signal to end. */
  deaf: Set<string>
  progress: Progress
  /** Says what a step that made or removed containers left of the app's, if it knows: then the next step need not look. */
  leaves(containers: readonly Container[]): void
  /** In the step `pull`: what was found out of the image while it was resolved. */
  ahead?: Promise<Held | undefined>
  signal: AbortSignal
}

/** Looks at what stands now. */
export async function observe(
  app: string,
  { slots, engine }: Pick<SlotPorts, 'slots' | 'engine'>,
): Promise<World> {
  return { live: slots.live(app), containers: await engine.containers(app) }
}

/**
 * The next missing step of a deployment, or `undefined` when nothing is missing. Observation goes before memory: whether
 * the swap happened is read from the flag and from the container behind it, so a crash on either side of the commit
 * point is seen for what it is.
 */
export function nextStep(
  stored: StoredDeployment,
  world: World,
  { release, replicas, project }: Pick<DockerApp, 'release' | 'replicas' | 'project'>,
): StepName | undefined {
  const { deployment } = stored
  if (!isResolved(stored)) return 'resolve'
  if (!isLive(stored, world)) {
    if (!done(deployment, 'pull')) return 'pull'
    if (project !== undefined && !done(deployment, 'services')) return 'services'
    const hasOneOffs = project !== undefined && project.oneOffs.length > 0
    if (hasOneOffs && isNew(deployment) && !done(deployment, 'migrate')) return 'migrate'
    if (release !== undefined && isNew(deployment) && !done(deployment, 'release')) return 'release'
    if (own(stored, world).length < replicas || !done(deployment, 'start')) return 'start'
    if (!done(deployment, 'health')) return 'health'
    return 'swap'
  }
  // recorded only: the flag is set already
  if (!done(deployment, 'swap')) return 'swap'
  if (project !== undefined && !done(deployment, 'workers')) return 'workers'
  if (!done(deployment, 'watch')) return 'watch'
  if (!done(deployment, 'drain')) return 'drain'
  if (!done(deployment, 'retire')) return 'retire'
  return undefined
}

/** Whether it is known which image it runs. */
export const isResolved = ({ deployment }: StoredDeployment): boolean => done(deployment, 'resolve')

/** Whether requests go to this deployment's containers, or did until someone took those away. */
export function isLive(stored: StoredDeployment, world: World): boolean {
  const [container] = own(stored, world)
  if (container === undefined) return stored.deployment.live_at !== undefined
  return container.slot === world.live
}

/** The containers that this deployment runs in, by replica. */
export const own = (stored: StoredDeployment, world: World): Container[] =>
  world.containers
    .filter((container) => container.generation === stored.standsIn)
    .sort((one, other) => one.replica - other.replica)

/** All containers of the app but its own. */
export const others = (stored: StoredDeployment, world: World): Container[] =>
  world.containers.filter((container) => container.generation !== stored.standsIn)

/** The containers that stand in a slot. */
export const inSlot = (world: World, slot: Slot): Container[] =>
  world.containers.filter((container) => container.slot === slot)

/** Where this deployment's containers stand or will stand: never in the live slot. */
export function targetSlot(stored: StoredDeployment, world: World): Slot {
  const [container] = own(stored, world)
  return container?.slot ?? (world.live === undefined ? 'blue' : otherSlot(world.live))
}

/** What a rollback brings back, and a restart starts anew, was released once already. */
const isNew = ({ action, restart = false }: Deployment) => action !== 'rollback' && !restart

/** A step that failed after the swap is over too: cleaning up is tried once. */
function done(deployment: Deployment, name: StepName): boolean {
  const status = deployment.steps.find((step) => step.name === name)?.status
  return status === 'succeeded' || (status === 'failed' && (name === 'drain' || name === 'retire'))
}
