import type { DockerApp } from '../app.ts'
import type { Attestations } from '../image/attestation.ts'
import type { ImageStore } from '../image/image-store.ts'
import type { Registry } from '../image/registry.ts'
import type { Bookkeeping } from '../journal.ts'
import type { OnEdit } from '../on-edit.ts'
import type { ComposeProjects, ServiceEngine } from '../project/ports.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Container, KeptVolume, Slot } from './container.ts'
import type { Heard } from './ear.ts'
import type { KeptLogs, LogLine } from './printed.ts'

export interface ContainerPlan {
  app: DockerApp
  deployment: string
  generation: number
  slot: Slot
  replica: number
  repository: string
  digest: string
  address: string
  port: number
  /** Those of this replica. */
  volumes: readonly KeptVolume[]
}

/** A command that is run once for a generation of an app. */
export interface ReleasePlan {
  app: DockerApp
  generation: number
  repository: string
  digest: string
  command: readonly string[]
  timeoutMs: number
  volumes: readonly KeptVolume[]
}

/** A command that somebody runs by hand, in a container that goes with it. */
export type CommandPlan = Pick<ReleasePlan, 'app' | 'repository' | 'digest' | 'command' | 'volumes'>

/** The engine's side that has containers. Every method throws `DeployError` alone. */
export interface ContainerEngine {
  /** All containers of an app, running or not. */
  containers(app: string): Promise<Container[]>
  /** One container by name; `undefined` when it is gone. */
  container(name: string): Promise<Container | undefined>
  /**
   * Creates the container, and starts it as soon as `ready` resolves; when that rejects, so does this, with the same. One of the same
   * generation is started if it stands still, goes on if it was paused, gets back its address if it was taken off the network, and is on
   * its further networks again. Resolves to how it stands then, if that can be seen.
   */
  start(
    plan: ContainerPlan,
    options?: {
      /** `false`: none of the same generation was seen, so that one is created without a look first. */
      isThere?: boolean
      ready?: Promise<unknown>
    },
  ): Promise<Container | undefined>
  /** Starts one that stands still. */
  startAgain(container: string): Promise<void>
  /** SIGTERM, `graceMs`, SIGKILL. Nothing to do when it stands still or is gone. */
  stop(container: string, options: { graceMs: number }): Promise<void>
  /**
   * Runs a command in a container of its own to its end, within `timeoutMs` from when that was started. Called again after a
   * crash, it waits for the one that runs, or tells what came of it, and starts no second one, until `removeReleases`.
   */
  runOnce(
    plan: ReleasePlan,
    options: { output: (line: string) => void; signal: AbortSignal },
  ): Promise<{ exitCode: number }>
  /** Removes the containers of an app's release commands, running or not. */
  removeReleases(app: string): Promise<void>
  /**
   * Runs a command to its end in a container that is removed afterwards, also when the signal aborts: then it is told to end, and
   * has its app's grace.
   */
  runCommand(
    plan: CommandPlan,
    terminal: Terminal,
    signal: AbortSignal,
  ): Promise<{ exitCode: number }>
  /** Removes the containers of such commands that nobody waits for: those of a receiver that is no more. */
  removeCommands(app: string): Promise<void>
  /** Runs a command in a container that stands. When the signal aborts its input ends, and it is left to itself. */
  exec(
    container: string,
    command: readonly string[],
    terminal: Terminal,
    signal: AbortSignal,
  ): Promise<{ exitCode: number }>
  /**
   * Runs the test of a HEALTHCHECK in a container, as the engine does by itself at the check's own interval. One that does not
   * end is left to run, and none is started beside it.
   */
  runTest(
    container: string,
    test: readonly string[],
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<TestResult>
  /** How one ended last that was started again since; `undefined` when the engine does not remember. Names come again, ids do not. */
  lastEnd(id: string): Promise<End | undefined>
  /** Last lines of its output, oldest first; empty when it is gone. */
  logs(container: string, lines: number): Promise<string[]>
  /**
   * What it printed, a line at a time, the oldest first: the last `tail` lines, none before `since`, with `follow` until it ends.
   * Lines are read when they are asked for. Throws when it is gone, or when nobody can read its log.
   */
  lines(
    container: string,
    options: { tail?: number; since?: string; follow: boolean; signal: AbortSignal },
  ): AsyncIterable<LogLine>
  /**
   * SIGTERM, `graceMs`, SIGKILL, then `ended` is waited for, then removed. Nothing to do when it is gone. Volumes with a name stay, and so do those that an
   * older version's container has without one: they may have been taken over.
   */
  remove(
    container: string,
    options: { graceMs: number; ended?: () => Promise<void> },
  ): Promise<void>
  /** The name of the volume that is made for a replica when a container first mounts it. */
  volumeName(of: { app: string; path: string; replica: number }): string
  /** Those of these volumes that are not there. */
  missingVolumes(volumes: readonly string[]): Promise<string[]>
  /** Removes volumes, with what is in them. Resolves to those that are gone: what some container still has stays. */
  removeVolumes(volumes: readonly string[]): Promise<string[]>
}

/** How a container ended. */
export type End = Pick<Container, 'exitCode' | 'oomKilled'>

export interface TestResult {
  /** `undefined` when it did not end in its time. */
  exitCode: number | undefined
  /** The beginning of what it printed. */
  output: string
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
  /** Since when visitors are told that there is maintenance (ISO 8601, UTC); `undefined`: they are not. */
  maintenance(app: string): string | undefined
  setMaintenance(app: string, isOn: boolean): void
  /** While it is drained, Nginx tells load balancers to send the app's visitors to other machines. */
  drained(app: string): boolean
  setDrained(app: string, isOn: boolean): void
}

/** Nginx's view of an app: written when the config or a port changes, never for a mere swap. */
export interface Sites {
  /**
   * Has Nginx know these apps, or take them when it starts if it does not run. Throws `nginx_failed`.
   * @param onEdit of an app of whose files one was edited; a change of it is refused by default, as `nginx_edited`
   */
  ensure(
    upstreams: Readonly<Record<string, AppUpstreams>>,
    onEdit?: (app: string) => OnEdit,
  ): Promise<Ensured>
  /**
   * Asks Nginx for an app as visitors do, when a reload is over: past what lets them in or keeps them out, and whatever is
   * live. Throws `not_served` when they come to something else than what was ensured.
   * @param wanted whether it is of use what they come by, which takes another question; by default it is
   */
  ask(app: string, signal: AbortSignal, wanted?: { url: boolean }): Promise<Served>
  /** Begins to ask: what is good is not asked twice by whoever asks within a second, of a site that has not changed. */
  askAhead(app: string, signal: AbortSignal): void
}

export interface Ensured {
  /** Whether something changed, and Nginx was told to reload. */
  changed: boolean
  /** What Nginx warns of and takes all the same; when nothing changed, it was not asked. */
  warnings: readonly string[]
}

export interface Served {
  /** What visitors come to the app by, if that is one name. */
  url?: string
  /** What other containers come to it by, if Nginx was seen to answer them. */
  internalUrl?: string
  /** Why it could not be seen that they do: Nginx does not run, for one. */
  warning?: string
}

/** Where requests of a slot go: to its replicas' addresses at this port. */
export interface Upstream {
  port: number
  replicas: number
}
export type SlotUpstreams = Readonly<Record<Slot, Upstream>>
/** Of an app in slots, or of one that its orchestrator publishes: `address:port` of the nodes. */
export type AppUpstreams = SlotUpstreams | { published: readonly string[] }

export interface ProbeAnswer {
  status: number
  /** Beginning of the body, safe to print. */
  body: string
  /** Where a redirect leads, if it is one. */
  location?: string
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

/** What a server says of itself by gRPC's health protocol. */
export interface GrpcAnswer {
  /** gRPC's status: 0 is OK. */
  status: number
  /** The beginning of what it says beside that, safe to print. */
  message: string
  /** With OK: 1 is SERVING. */
  serving: number
}

export interface GrpcProbe {
  /** Throws as `Probe` does. `at` is `address:port`. */
  (request: {
    at: string
    headers: Readonly<Record<string, string>>
    timeoutMs: number
    signal: AbortSignal
  }): Promise<GrpcAnswer>
}

/** Connections that a container still serves. */
export type CountConnections = (container: { pid: number; port: number }) => number

/** A TCP socket that takes connections in a container. */
export interface Listener {
  /** `0.0.0.0`, `::`, `127.0.0.1`, … */
  address: string
  port: number
}

/** What listens in a container; nothing when that cannot be seen. */
export type ListListeners = (container: { pid: number }) => readonly Listener[]

/** The memory of where an app's slots are. */
export interface SlotRecord {
  /** Of each slot's last containers; a slot without any has that of the other, and both the given one at first. */
  upstreams(app: string, otherwise: Upstream): SlotUpstreams
  /** Addresses of replicas that there are no longer become free. */
  setUpstream(app: string, slot: Slot, upstream: Upstream): void
  /** Fixed address of a slot's replica on the bridge network. */
  address(app: string, slot: Slot, replica: number): string
  /** The deployment runs in the containers that this generation made. */
  standIn(id: string, generation: number): void
  /** Where the app's releases keep what they have in VOLUMEs, by path and replica. */
  volumes(app: string): KeptVolume[]
  /** A path of a replica that has a volume already keeps to that one. */
  addVolumes(app: string, volumes: readonly KeptVolume[]): void
  /** Whether the versions of an app whose config does not say run one after the other. */
  isRecreated(app: string): boolean
  setRecreated(app: string, isRecreated: boolean): void
  /** An app that was stopped on purpose, until it runs again. */
  stopped(app: string): Stopped | undefined
  setStopped(app: string, stopped: Stopped | undefined): void
}

/** All that the way of one machine needs; each function takes the part that it uses. */
export interface SlotPorts extends Bookkeeping {
  record: SlotRecord
  engine: ContainerEngine & ServiceEngine
  compose: ComposeProjects
  images: ImageStore
  registry: Registry
  attestations: Attestations
  keptLogs: KeptLogs
  slots: Slots
  sites: Sites
  probe: Probe
  grpcProbe: GrpcProbe
  connections: CountConnections
  listeners: ListListeners
  heard: Heard
  /** Why visitors of a preview come to it without TLS for now; absent: nobody says. */
  whyPlain?(app: string): string | undefined
}

/** That an app was stopped on purpose. */
export interface Stopped {
  /** ISO 8601, UTC. */
  since: string
  /** Whether visitors were told of maintenance before: then they are afterwards, too. */
  wasInMaintenance: boolean
  /** It is to run again, and visitors are let in when it does. */
  isStarting: boolean
  /** Since it was restored: its data, volumes by name and folders by path, that is to be there before it runs. */
  awaits: readonly string[]
}
