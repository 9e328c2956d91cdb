import type { Slot } from './slots/container.ts'
import type { Traffic } from './traffic/traffic.ts'

/** How things are at one moment, for who measures. What could not be seen is left out. */
export interface Readings {
  apps: readonly AppReading[]
  certificates: readonly { site: string; notAfter: string }[]
  disks: readonly { holds: 'data' | 'images'; freeBytes: number; sizeBytes: number }[]
  containers: readonly ContainerReading[]
  /** Lines of Nginx's that were no such lines, and those that were too many. */
  ignoredLines: number
}

export interface AppReading {
  app: string
  /** Deployments that wait, and whether one runs. */
  waiting: number
  isDeploying: boolean
  live?: { digest: string; tag?: string; deployment: string; since?: string }
  /** Of the last deployment that came to its end. */
  lastFailed: boolean
  isStopped: boolean
  inMaintenance: boolean
  traffic?: Traffic
  /** Of what an orchestrator runs: how many there are to be, and how many run. */
  replicas?: { wanted: number; running: number }
}

/** What a container takes. */
export interface ContainerReading {
  app: string
  slot: Slot
  replica: number
  isRunning: boolean
  /** How often the engine started it again. */
  restarts: number
  /** Absent of one that does not run. */
  cpuSeconds?: number
  /** Without what the kernel keeps of files and gives back when it is needed. */
  memoryBytes?: number
  /** Absent: it has no limit of its own. */
  memoryLimitBytes?: number
}
