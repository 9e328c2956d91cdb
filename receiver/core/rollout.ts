import type { DeploymentError } from '../../protocol/deployment.ts'
import type { AppSpec } from './app.ts'
import type { StoredDeployment } from './journal.ts'

/**
 * How an app is rolled out by what runs it: two slots behind Nginx, or an orchestrator. The reconciler knows nothing else of
 * an engine. Every call may come again after a crash in the middle of it, and comes to an end by itself: `within` a time.
 */
export interface Rollout<App extends AppSpec> {
  /** What its steps mean for a deployment; all others are steps like any. */
  steps: {
    /** Taken anew when a deployment that is not live yet is taken up after a restart: time has passed. */
    anew: ReadonlySet<string>
    /** Makes the deployment live: before it a failure leaves the old version as it is. */
    commit: string
    /** Come when the deployment has succeeded already: their failure is reported, and what is left goes later. */
    cleanup: ReadonlySet<string>
  }
  /**
   * What stands of a deployment now. `done` is where its step has just succeeded: what that left may be believed in place of a look, as
   * long as nothing gives rise to doubt.
   */
  look(app: App, stored: StoredDeployment, done?: Standing): Promise<Standing>
  /** Undoes a deployment that failed. Resolves to why it failed, in full. */
  abandon(
    app: App,
    stored: StoredDeployment,
    signal: AbortSignal,
  ): Promise<DeploymentError | undefined>
  /**
   * Puts right what stands between deployments: at start-up, after a restart of the engine, when somebody meddled. Failures are
   * reported, not thrown: a deployment may still mend what this could not.
   */
  repair(app: App, signal: AbortSignal): Promise<LookAgain>
  /** Removes what is kept for nobody, old images for one. A failure is reported. */
  tidy(app: App): Promise<void>
}

/** A deployment, compared with what stands. */
export interface Standing {
  /** Whether visitors are served by this deployment. */
  isLive: boolean
  /** The next step that is missing; `undefined` when nothing is. */
  next: string | undefined
  /** Does the missing step and resolves to a line about it. Throws `DeployError`. */
  run(options: { progress: Progress; signal: AbortSignal }): Promise<string>
}

/** Milliseconds until something is due though nobody wakes the app; `undefined` when nothing is. */
export type LookAgain = number | undefined

/** Something to show while a step runs; `current` and `total` are bytes, at `url` visitors find the app, `no_https` says why there. */
export type Progress = (progress: {
  message: string
  current?: number
  total?: number
  url?: string
  no_https?: string
}) => void

/** The rollout of each engine. */
export type Rollouts = {
  readonly [Engine in AppSpec['engine']]: Rollout<Extract<AppSpec, { engine: Engine }>>
}

/** The rollout of what runs this app. It is given no other apps than those of its engine. */
export const rolloutOf = ({ engine }: AppSpec, rollouts: Rollouts): Rollout<AppSpec> =>
  rollouts[engine]
