import type { Deployment, DeploymentEvent } from '../../../protocol/deployment.ts'

export interface SupersedePorts {
  /** Deployments of an app that are running or wait, oldest first. */
  unfinished(app: string): Deployment[]
  /** Keeps an event of a deployment. */
  append(id: string, event: DeploymentEvent): void
  /** ISO 8601. */
  now(): string
}

/** Ends the deployments of an app that still wait, for the sake of one that comes: of those only the newest is ever run. */
export function supersede(app: string, { unfinished, append, now }: SupersedePorts): void {
  for (const { id, status } of unfinished(app)) {
    if (status === 'queued') append(id, { type: 'finished', at: now(), status: 'superseded' })
  }
}
