import type { Deployment } from '../../protocol/deployment.ts'
import type { AuditEntry } from './intake/audit.ts'
import type { Listener } from './listeners.ts'

/** What is counted as it happens. */
export interface Meters {
  /** A deployment came to its end. */
  deployment(ended: { app: string; action: Deployment['action']; outcome: Outcome }): void
  /** A step of one did. */
  step(ended: { step: string; outcome: 'succeeded' | 'failed'; seconds: number }): void
  /** A hook came in, or what is as good as one. */
  hook(
    came: Pick<AuditEntry, 'app' | 'outcome' | 'code'> & { kind: AuditEntry['sender']['kind'] },
  ): void
}

/** As a deployment's status, but told apart: of one that was live for a moment visitors saw something. */
export type Outcome = 'succeeded' | 'failed' | 'rolled_back' | 'superseded'

/** Counts each deployment that ends, and each of its steps. */
export const countDeployments =
  (meters: Pick<Meters, 'deployment' | 'step'>): Listener =>
  ({ app, action, error }, event) => {
    if (event.type === 'finished') {
      const isBack = event.status === 'failed' && error?.code === 'rolled_back'
      meters.deployment({ app, action, outcome: isBack ? 'rolled_back' : event.status })
    }
    if (event.type === 'step' && event.status !== 'running' && event.ms !== undefined) {
      meters.step({ step: event.step, outcome: event.status, seconds: event.ms / 1000 })
    }
  }

/** Counts each hook, by what the audit trail gets to know of it. */
export const countHooks =
  (meters: Pick<Meters, 'hook'>) =>
  ({ app, outcome, code, sender }: Pick<AuditEntry, 'app' | 'outcome' | 'code' | 'sender'>): void =>
    meters.hook({
      outcome,
      kind: sender.kind,
      ...(app === undefined ? {} : { app }),
      ...(code === undefined ? {} : { code }),
    })
