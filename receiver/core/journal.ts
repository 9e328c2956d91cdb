import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import type { Settings } from './app.ts'
import type { Clock } from './clock.ts'
import type { Report } from './log.ts'

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

/** What a deployment runs, once its digest is known. */
export function imageOf({ deployment }: StoredDeployment): { repository: string; digest: string } {
  const { repository, digest } = deployment.image
  if (digest === undefined) throw new Error(`${deployment.id} has no digest yet`)
  return { repository, digest }
}

/** The memory of deployments, as the reconciler uses it. A write outlives the process when the call returns, and a power cut unless it is seen anew. */
export interface Journal {
  /** The running deployment of an app, else its waiting one. */
  next(app: string): StoredDeployment | undefined
  /** The deployment that is live, by the record. */
  live(app: string): StoredDeployment | undefined
  /**
   * Keeps an event and folds it into the deployment. In the same transaction `live` makes it the live one, and `settings` are
   * those that it runs with, and `attempts` is how often the event's step was begun.
   */
  append(
    id: string,
    event: DeploymentEvent,
    options?: { live?: boolean; settings?: Settings; attempts?: number },
  ): Deployment
  /** How often in a row a step of a deployment was begun that has not ended since. */
  attempts(id: string, step: string): number
  setAttempts(id: string, step: string, attempts: number): void
  /** The settings that a deployment runs with; `undefined` when they are not known (any more). */
  settings(id: string): Settings | undefined
  /** After a swap back: that deployment is the live one again. */
  setLive(app: string, id: string): void
  get(id: string): StoredDeployment | undefined
  /** Nothing of the app is live any more; its history stays. */
  setNothingLive(app: string): void
  find(app: string, generation: number): StoredDeployment | undefined
  /** An app's deployments, newest first, read as they are taken. */
  recent(app: string): Iterable<Deployment>
  /** The live digest and the newest others that were live, `most` in all. */
  digests(app: string, most: number): Set<string>
  /** Whether a deployment of the app was of that digest. */
  knows(app: string, digest: string): boolean
}

/** What it takes to keep the books of deployments, whatever runs them. */
export interface Bookkeeping {
  journal: Journal
  clock: Clock
  report: Report
}
