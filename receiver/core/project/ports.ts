import type { DockerApp } from '../app.ts'
import type { Container, KeptVolume } from '../slots/container.ts'
import type { Project, Service } from './project.ts'

/** A container of ours that a service of the project runs in. */
export interface ServiceContainer extends Container {
  service: string
}

/** One container of a service of ours. */
export interface ServicePlan {
  app: DockerApp
  service: Service
  deployment: string
  generation: number
  replica: number
  repository: string
  digest: string
  /** Those of this replica. */
  volumes: readonly KeptVolume[]
}

/** The engine's side that has containers of services. Every method throws `DeployError` alone. */
export interface ServiceEngine {
  /** All containers of an app's other services that go on running, or are to. */
  services(app: string): Promise<ServiceContainer[]>
  /** Creates and starts it. One of the same generation is started if it stands still, goes on if it was paused. */
  startService(plan: ServicePlan): Promise<void>
  /**
   * Runs it to its end. Called again after a crash, it waits for the one that runs, or tells what came of it, and starts no second
   * one, until `removeReleases`.
   */
  runService(
    plan: ServicePlan,
    options: { timeoutMs: number; output: (line: string) => void; signal: AbortSignal },
  ): Promise<{ exitCode: number }>
}

/** A container that Compose made. */
export interface ComposeContainer {
  name: string
  service: string
  running: boolean
  /** It ran, and does no more. */
  ended: boolean
  exitCode: number
  /** Of its HEALTHCHECK, if it has one. */
  health?: 'starting' | 'healthy' | 'unhealthy'
}

/** What is Compose's of a project. Every method throws `DeployError` alone. */
export interface ComposeProjects {
  /**
   * Makes the networks and volumes of our services that there are not, as Compose makes them. Those of a preview are its own: throws
   * `not_ours` when somebody else has one of their names.
   */
  ensure(app: string, project: Project, signal: AbortSignal): Promise<void>
  /** The containers that Compose made of a project. */
  containers(project: string): Promise<ComposeContainer[]>
  /** Has Compose start one service, and nothing that this one waits for; what stands of it is not made anew. */
  up(app: string, project: Project, service: string, signal: AbortSignal): Promise<void>
  /** Tells Compose from now on that our services are not its to start, and which image they run. */
  override(app: string, project: Project, image: string | undefined): void
  /** Whether it is told so now, in a file that nobody edited or removed. */
  isOverridden(app: string, project: Project, image: string | undefined): boolean
  /** Tells it no more of an app that is gone. */
  forget(app: string): void
  /**
   * Removes what Compose made for a preview: containers, volumes, networks, and images that it pulled for previews and nobody uses. Again
   * after a crash, it goes on. Resolves to what is gone, for people.
   */
  removeApart(app: string): Promise<string[]>
}

/** The engine's side of what Compose makes for previews. Every method throws `DeployError` alone. */
export interface PreviewParts {
  /** What all of it bears, so that it is found again. */
  labels(app: string): Record<string, string>
  /** Networks and volumes of these names that are there and not this preview's. */
  others(
    app: string,
    names: { networks: readonly string[]; volumes: readonly string[] },
  ): Promise<string[]>
  /** Removes the containers with their data, the volumes and networks of a preview. Resolves to what was there, for people. */
  remove(app: string): Promise<string[]>
  hasImage(reference: string): Promise<boolean>
  /** Removes an image that no container has. Resolves to whether it is gone. */
  removeImage(reference: string): Promise<boolean>
}
