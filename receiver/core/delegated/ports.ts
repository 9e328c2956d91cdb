import type { AppSpec } from '../app.ts'
import type { Attestations } from '../image/attestation.ts'
import type { Registry } from '../image/registry.ts'
import type { Bookkeeping } from '../journal.ts'
import type { AppAnswer } from '../slots/app-answer.ts'
import type { Orchestrator } from './orchestrator.ts'

/** All that the way of an orchestrator needs; each function takes the part that it uses. */
export interface DelegatedPorts<App extends AppSpec> extends Bookkeeping {
  orchestrator: Orchestrator<App>
  registry: Registry
  attestations: Attestations
  visitors: Visitors<App>
}

/** The app as its visitors have it. */
export interface Visitors<App extends AppSpec> {
  /** Has Nginx lead to it, and sees that it does. Throws `not_served`. Resolves to what there is to tell. */
  show(app: App, signal: AbortSignal): Promise<{ url?: string; warnings: readonly string[] }>
  /** What began with `show` is over: from now on Nginx leads to where it is alone. */
  arrive(app: App): Promise<void>
  /** From now on there is something to lead to. */
  letIn(app: string): void
  /** What it answers where it is published; `undefined` where nobody comes from here. */
  ask(app: App, signal: AbortSignal): Promise<AppAnswer | undefined>
}
