import type { ContainerLimits } from './container-limits.ts'
import type { ContainerWorld } from './container-world.ts'

/**
 * How an app's container is made. Docker's units: bytes, nanosecond CPUs; durations in milliseconds. What may be absent was
 * not known to every version: settings of old releases do not have it.
 */
export interface ContainerSettings extends ContainerLimits, ContainerWorld {
  /** The whole environment, `env_file` first and `environment` over it. */
  environment: Readonly<Record<string, string>>
  /** Names of those variables whose values must not be seen. */
  secretEnvironment: readonly string[]
  /** Secret variables that stand elsewhere: in a command, a label, a check. */
  secretVariables: Readonly<Record<string, string>>
  /** Compose's short form: `name:/path[:ro]` or `/host/path:/path[:ro]`. */
  volumes: readonly string[]
  /** Paths in the container that get a volume without a name. */
  anonymousVolumes?: readonly string[]
  /** Paths of the host in `volumes` that Docker must not make: without them nothing starts. */
  requiredSources?: readonly string[]
  command?: readonly string[]
  entrypoint?: readonly string[]
  user?: string
  memoryBytes?: number
  nanoCpus?: number
  labels: Readonly<Record<string, string>>
  /** Further networks beside the receiver's own. */
  networks: readonly string[]
  /** Names that it bears on those beside the app's own, by network. */
  aliases?: Readonly<Record<string, readonly string[]>>
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
