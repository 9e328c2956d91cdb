import type { AttestationPolicy } from './image/attestation.ts'

/** How an app's container is made. Docker's units: bytes, nanosecond CPUs; durations in milliseconds. */
export interface ContainerSettings {
  /** The whole environment, `env_file` first and `environment` over it. */
  environment: Readonly<Record<string, string>>
  /** Compose's short form: `name:/path[:ro]` or `/host/path:/path[:ro]`. */
  volumes: readonly string[]
  command?: readonly string[]
  entrypoint?: readonly string[]
  user?: string
  memoryBytes?: number
  nanoCpus?: number
  labels: Readonly<Record<string, string>>
  /** Further networks beside the receiver's own. */
  networks: readonly string[]
  restart: RestartPolicy
  stopGraceMs: number
  /** `SIGTERM`, or what the image says, unless set. */
  stopSignal?: string
  healthcheck?: Healthcheck
  workingDir?: string
  /** Mount point → options, like `size=64m,mode=1777`. */
  tmpfs: Readonly<Record<string, string>>
  /** `name:address`. */
  extraHosts: readonly string[]
  dns: readonly string[]
  shmBytes?: number
  /** Names or numbers of further groups. */
  groupAdd: readonly string[]
  ulimits: readonly { name: string; soft: number; hard: number }[]
  sysctls: Readonly<Record<string, string>>
  /** Docker's own init as process 1. */
  init?: boolean
  /** The root file system cannot be written to. */
  readOnly: boolean
  capAdd: readonly string[]
  capDrop: readonly string[]
  /** In Docker's form; a seccomp profile is the JSON itself. */
  securityOpt: readonly string[]
  /** -1 is no limit. */
  pidsLimit?: number
  privileged: boolean
  logging?: Logging
  devices: readonly Device[]
  gpus: readonly DeviceRequest[]
}

export interface Logging {
  driver: string
  options: Readonly<Record<string, string>>
}

/** A device of the host, as `/dev/dri:/dev/dri:rwm`. */
export interface Device {
  host: string
  container: string
  permissions: string
}

/** Devices that a driver chooses: NVIDIA's GPUs, or those of a CDI specification. */
export interface DeviceRequest {
  driver: string
  /** -1 is all of them; 0 when they are named by id. */
  count: number
  deviceIds: readonly string[]
  capabilities: readonly string[]
  options: Readonly<Record<string, string>>
}

export interface RestartPolicy {
  name: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** Only of `on-failure`; 0 is no limit. */
  maximumRetries: number
}

/** Compose's `healthcheck`, over the image's own HEALTHCHECK. `test: ['NONE']` is `disable: true`. */
export interface Healthcheck {
  /** `['CMD', …]`, `['CMD-SHELL', '…']` or `['NONE']`; absent keeps the image's. */
  test?: readonly string[]
  intervalMs?: number
  timeoutMs?: number
  startPeriodMs?: number
  startIntervalMs?: number
  retries?: number
}

export interface Release {
  command: readonly string[]
  timeoutMs: number
}

/** When a new container counts as healthy. */
export interface HealthPolicy {
  /** Path of the HTTP probe; absent: the image's HEALTHCHECK, else any HTTP answer below 500 at `/`. */
  path?: string
  /** Port of the probe; the app's port by default. */
  port?: number
  headers: Readonly<Record<string, string>>
  /** Longest pause between two probes. */
  intervalMs: number
  timeoutMs: number
  /** Consecutive good answers that make it healthy. */
  healthyAfter: number
  /** Until when it must be healthy, counted from its start. */
  deadlineMs: number
}

/** What the engine of deployments needs to know of an app. */
export interface AppSpec {
  /** A DNS label. */
  name: string
  /** The one repository that may run, with the tag that a redeploy follows. */
  image: { repository: string; tag: string }
  /** Container port; absent: the image's only EXPOSEd one. */
  port?: number
  /** Whether Nginx sends requests to it; a worker has no port. */
  http: boolean
  /** `recreate`: the old container is stopped before the new one starts, for what cannot run twice. */
  strategy: 'blue-green' | 'recreate'
  container: ContainerSettings
  /** Containers per slot. */
  replicas: number
  /** A command that runs once in the new image before it starts. */
  release?: Release
  health: HealthPolicy
  /** How long after the swap an exit or failing health swaps back. */
  watchMs: number
  /** Longest wait for the connections to the old slot to end. */
  drainMs: number
  /** How long the replaced containers go on running, for a rollback that only sets the flag. */
  warmMs: number
  /** How often the registry is asked for the followed tag; 0 is never. */
  pollMs: number
  /** Digests kept for rollback, the live one included. */
  keep: number
  /** Whose attested images alone may run; absent: an attestation is not asked for. */
  attestation?: AttestationPolicy
}

/** The part of an app's config that belongs to a release of it: a rollback brings it back. */
export type Settings = Pick<AppSpec, 'port' | 'container' | 'replicas' | 'release' | 'health'>

export function settingsOf({ port, container, replicas, release, health }: AppSpec): Settings {
  return {
    ...(port === undefined ? {} : { port }),
    container,
    replicas,
    ...(release === undefined ? {} : { release }),
    health,
  }
}

/** The app with the settings of one of its releases, as it is configured now where these are not known. */
export function withSettings(app: AppSpec, settings: Settings | undefined): AppSpec {
  if (settings === undefined) return app
  const { port: _port, release: _release, ...others } = app
  return { ...others, ...settings }
}
