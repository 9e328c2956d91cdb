import type { ContainerSettings } from '../slots/container-settings.ts'

/** Which Compose project it is, and how Compose is asked for it. */
export interface ComposeSource {
  /** Absolute paths, at least one; the folder of the first is the project's. */
  files: readonly string[]
  /** Compose's `--project-name`; absent: the file says it, or its folder. */
  project?: string
  profiles: readonly string[]
  /** Absolute path of what Compose reads in place of `.env`. */
  envFile?: string
  /** Of previews: Compose fills in nothing of this machine, neither of its environment nor of `.env`, and services read no env file. */
  bare?: true
}

/** The Compose project that an app is a service of. Its services of the app's repository follow the app's digest. */
export interface Project {
  source: ComposeSource
  /** As Compose names it: what it makes bears this label. */
  name: string
  /** The service that the app is. */
  service: string
  /** Run once before the start, in this order: services of the repository that others wait for to complete. */
  oneOffs: readonly Service[]
  /** Made anew after the swap, in this order: the other services of the repository. */
  workers: readonly Service[]
  /** What all of these wait for, of other repositories, each after what it waits for itself. They are Compose's. */
  dependencies: readonly Dependency[]
  /** How long a one-off service may take. */
  oneOffMs: number
  /** Networks and volumes of these services as Compose knows them, with which it makes them. */
  resources: Resources
  /** What of the app's service is passed over: `ports`, `container_name`. */
  passedOver: readonly string[]
  /**
   * Of a preview: its dependencies in Compose's own form, which Compose gets in a file of the receiver's. Whatever Compose makes of such
   * a project is the preview's alone, and goes with it.
   */
  apart?: { services: Readonly<Record<string, { image: string }>> }
}

/** A service of the app's repository beside the app. */
export interface Service {
  name: string
  container: ContainerSettings
  replicas: number
}

export interface Dependency {
  service: string
  /** When it is there, to whoever waits for it. */
  condition: Condition
}

export const CONDITIONS = [
  'service_started',
  'service_healthy',
  'service_completed_successfully',
] as const
export type Condition = (typeof CONDITIONS)[number]

/** In Compose's form. */
export interface Resources {
  networks: Readonly<Record<string, unknown>>
  volumes: Readonly<Record<string, unknown>>
}

/** All services that run the app's digest, by name: Compose is to leave them to us. */
export const ownServices = ({ service, oneOffs, workers }: Project): string[] => [
  service,
  ...oneOffs.map(({ name }) => name),
  ...workers.map(({ name }) => name),
]

/** What is on record of a service, under the name of no app: these have no dots. */
export const serviceKey = (app: string, service: string): string => `${app}.${service}`

/** The app that such a key is of, or that is one itself. */
export const appOfKey = (key: string): string => key.split('.')[0] ?? key
