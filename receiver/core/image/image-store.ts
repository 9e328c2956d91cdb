import type { Progress } from '../rollout.ts'
import type { Healthcheck } from '../slots/container-settings.ts'
import type { Platform } from './registry.ts'

/** What the reconciler needs to know of an image before it starts one. */
export interface ImageFacts {
  /** TCP ports that it EXPOSEs. */
  ports: readonly number[]
  /** Its HEALTHCHECK, if it has one. */
  healthcheck?: Healthcheck
  /** Paths of its VOLUMEs, absolute and without a slash at their end. */
  volumes: readonly string[]
}

/** An image that the engine holds. */
export interface Held {
  facts: ImageFacts
  /** Whether it is kept for the app already. */
  isKept: boolean
}

/** Where the engine keeps images and containers. */
export interface Disk {
  path: string
  freeBytes: number
  /** What the engine runs. */
  platform: Platform
}

/** The engine's side that has images. Every method throws `DeployError` alone. */
export interface ImageStore {
  /** `undefined`: the engine does not hold it. */
  held(app: string, image: { repository: string; digest: string }): Promise<Held | undefined>
  /** `undefined` when it is on another machine. */
  disk(): Promise<Disk | undefined>
  /** Of each image that it holds, the `diffId`s from the lowest layer. */
  layers(): Promise<string[][]>
  /**
   * Pulls by digest, unless it is there, and checks afterwards that this digest is what it got. What was pulled is kept for the app at the
   * same time, if one is named.
   */
  pull(
    image: { repository: string; digest: string },
    options: {
      progress: Progress
      signal: AbortSignal
      /** It was seen just now that it is not there. */
      isMissing?: boolean
      keepFor?: string
    },
  ): Promise<{ pulled: boolean; isKept: boolean; facts: ImageFacts }>
  image(image: { repository: string; digest: string }): Promise<ImageFacts>
  /** Digests of a repository that the engine holds. */
  images(repository: string): Promise<string[]>
  /**
   * Keeps an image for an app: from other apps, and from whoever removes all that has no tag. Resolves to whether there is one to keep;
   * then it stays until the app removes it.
   */
  keep(app: string, image: { repository: string; digest: string }): Promise<boolean>
  /** Removes an app's images of a repository. Those that are in use, or that another app keeps, stay. */
  removeImages(app: string, repository: string, digests: readonly string[]): Promise<void>
}
