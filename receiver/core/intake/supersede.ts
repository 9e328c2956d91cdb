import type { DeploymentEvent } from '../../../protocol/deployment.ts'

export interface SupersedePorts {
  /** Ids of the app's deployments that wait, oldest first. */
  waiting(app: string): string[]
  /** Keeps an event of a deployment. */
  append(id: string, event: DeploymentEvent): void
  /** ISO 8601. */
  now(): string
}

/** Ends the deployments of an app that still wait, for the sake of one that comes: of those only the newest is ever run. */
export function supersede(app: string, { waiting, append, now }: SupersedePorts): void {
  for (const id of waiting(app)) {
    append(id, { type: 'finished', at: now(), status: 'superseded' })
  }
}
