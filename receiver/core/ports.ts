import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import type { AppSpec, Settings } from './app.ts'
import type { Platform, Registry } from './image/registry.ts'
import type { FetchAttestations, VerifyAttestation } from './image/attestation.ts'

export type Slot = 'blue' | 'green'
export const otherSlot = (slot: Slot): Slot => (slot === 'blue' ? 'green' : 'blue')

/** A container of ours, as the engine shows it. */
export interface Container {
  id: string
  name: string
  app: string
  /** The generation of the deployment that made it. */
  generation: number
  slot: Slot
  /** Its number among those of its slot, from 1. */
  replica: number
  digest: string
  /** Address and port that Nginx sends requests to. */
  address: string
  port: number
  /** It runs and can be reached: neither paused nor taken off its network. */
  running: boolean
  exitCode: number
  oomKilled: boolean
  /** How often the engine restarted it. */
  restarts: number
  /** Process id on the host; 0 when it does not run. */
  pid: number
  /** State and last output of its HEALTHCHECK, if it has one. */
  health?: { status: 'starting' | 'healthy' | 'unhealthy'; output: string }
}

/** What the reconciler needs to know of an image before it starts one. */
export interface ImageFacts {
  /** TCP ports that it EXPOSEs. */
  ports: readonly number[]
  hasHealthcheck: boolean
}

export interface ContainerPlan {
  app: AppSpec
  deployment: string
  generation: number
  slot: Slot
  replica: number
  repository: string
  digest: string
  address: string
  port: number
}

/** A command that is run once for a generation of an app. */
export interface ReleasePlan {
  app: AppSpec
  generation: number
  repository: string
  digest: string
  command: readonly string[]
  timeoutMs: number
}

export type Progress = (progress: { message: string; current?: number; total?: number }) => void

/** Where the engine keeps images and containers. */
export interface Disk {
  path: string
  freeBytes: number
  /** What the engine runs. */
  platform: Platform
}

/** Docker, or what stands for it. Every method throws `DeployError` alone. */
export interface Engine {
  /** All containers of an app, running or not. */
  containers(app: string): Promise<Container[]>
  /** One container by name; `undefined` when it is gone. */
  container(name: string): Promise<Container | undefined>
  holds(image: { repository: string; digest: string }): Promise<boolean>
  /** `undefined` when it is on another machine. */
  disk(): Promise<Disk | undefined>
  /** Of each image that it holds, the `diffId`s from the lowest layer. */
  layers(): Promise<string[][]>
  /** Pulls by digest, unless it is there, and checks afterwards that this digest is what it got. */
  pull(
    image: { repository: string; digest: string },
    options: { progress: Progress; signal: AbortSignal },
  ): Promise<{ pulled: boolean }>
  image(image: { repository: string; digest: string }): Promise<ImageFacts>
  /**
   * Creates and starts the container. One of the same generation is started if it stands still, goes on if it was paused,
   * and gets back its address if it was taken off the network.
   */
  start(plan: ContainerPlan): Promise<void>
  /** Starts one that stands still. */
  startAgain(container: string): Promise<void>
  /** SIGTERM, `graceMs`, SIGKILL. Nothing to do when it stands still or is gone. */
  stop(container: string, options: { graceMs: number }): Promise<void>
  /**
   * Runs a command in a container of its own to its end, and removes that. Called again after a crash, it waits for the
   * one that runs, or tells what came of it, and starts no second one.
   */
  runOnce(
    plan: ReleasePlan,
    options: { output: (line: string) => void; signal: AbortSignal },
  ): Promise<{ exitCode: number }>
  /** Last lines of its output, oldest first; empty when it is gone. */
  logs(container: string, lines: number): Promise<string[]>
  /** SIGTERM, `graceMs`, SIGKILL, then removed. Nothing to do when it is gone. */
  remove(container: string, options: { graceMs: number }): Promise<void>
  /** Digests of a repository that the engine holds. */
  images(repository: string): Promise<string[]>
  /** Removes images of a repository whose digests are among `digests`. Those in use stay. */
  removeImages(repository: string, digests: readonly string[]): Promise<void>
}

/** Attestations of images, and what is known of them already. */
export interface Attestations {
  fetch: FetchAttestations
  verify: VerifyAttestation
  /** The Sigstore bundles that came with a deployment's hook. */
  sent(deployment: string): unknown[]
  /** The policy, as text, under which a digest of an app was verified last. */
  verified(app: string, digest: string): string | undefined
  setVerified(app: string, digest: string, policy: string): void
}

/** The slot flags that Nginx reads. Changes are atomic and durable when the call returns. */
export interface Slots {
  /** `undefined` before the first deployment. */
  live(app: string): Slot | undefined
  makeLive(app: string, slot: Slot): void
  /** While it is paused, Nginx asks visitors to wait instead of sending their requests on. */
  paused(app: string): boolean
  pause(app: string): void
  unpause(app: string): void
}

/** Nginx's view of an app: written when the config or a port changes, never for a mere swap. */
export interface Sites {
  /** Resolves to whether something changed, and Nginx was told to reload. */
  ensure(upstreams: Readonly<Record<string, AppUpstreams>>): Promise<boolean>
}

/** Where requests of a slot go: to its replicas' addresses at this port. */
export interface Upstream {
  port: number
  replicas: number
}
export type AppUpstreams = Readonly<Record<Slot, Upstream>>

export interface ProbeAnswer {
  status: number
  /** Beginning of the body, safe to print. */
  body: string
}

export interface Probe {
  /** Throws an error whose message says in plain words why there was no answer. */
  (request: {
    url: string
    headers: Readonly<Record<string, string>>
    timeoutMs: number
    signal: AbortSignal
  }): Promise<ProbeAnswer>
}

/** Connections that a container still serves. */
export type CountConnections = (container: { pid: number; port: number }) => number

export interface Clock {
  /** ISO 8601, UTC. */
  now(): string
  /** Monotonic milliseconds. */
  ms(): number
  /** Milliseconds since such a time, by the wall clock. */
  since(at: string): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** A deployment with what only the receiver knows of it. */
export interface StoredDeployment {
  /** Rises with every accepted deployment; a greater one is newer. */
  generation: number
  deployment: Deployment
  /** The generation whose containers it runs in: its own, or an older one that a rollback found standing. */
  standsIn: number
  /** Number of the settings that it runs with; the same number means the same settings. */
  settings?: number
}

/** The memory of deployments, as the reconciler uses it. Every write is durable when the call returns. */
export interface Journal {
  /** The running deployment of an app, else its waiting one. */
  next(app: string): StoredDeployment | undefined
  /** The deployment that is live, by the record. */
  live(app: string): StoredDeployment | undefined
  /**
   * Keeps an event and folds it into the deployment. In the same transaction `live` makes it the live one, and `settings` are
   * those that it runs with.
   */
  append(
    id: string,
    event: DeploymentEvent,
    options?: { live?: boolean; settings?: Settings },
  ): Deployment
  /** The settings that a deployment runs with; `undefined` when they are not known (any more). */
  settings(id: string): Settings | undefined
  /** The deployment runs in the containers that this generation made. */
  standIn(id: string, generation: number): void
  /** After a swap back: that deployment is the live one again. */
  setLive(app: string, id: string): void
  find(app: string, generation: number): StoredDeployment | undefined
  /** The live digest and the newest others that were live, `most` in all. */
  digests(app: string, most: number): Set<string>
  /** Whether a deployment of the app was of that digest. */
  knows(app: string, digest: string): boolean
  /** Of each slot's last containers; a slot without any has that of the other, and both the given one at first. */
  upstreams(app: string, otherwise: Upstream): AppUpstreams
  /** Addresses of replicas that there are no longer become free. */
  setUpstream(app: string, slot: Slot, upstream: Upstream): void
  /** Fixed address of a slot's replica on the bridge network. */
  address(app: string, slot: Slot, replica: number): string
}

export interface Ports {
  journal: Journal
  engine: Engine
  registry: Registry
  attestations: Attestations
  slots: Slots
  sites: Sites
  probe: Probe
  connections: CountConnections
  clock: Clock
  /** Says what is not a deployment's own news: a container started again, a cleanup that failed. */
  report(message: string, details: Record<string, unknown>): void
}
