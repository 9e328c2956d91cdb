import type { AppSpec } from './app.ts'
import type { StoredDeployment } from './journal.ts'
import type { EnginePlan } from './plan.ts'
import type { AppAnswer } from './slots/app-answer.ts'
import type { AppHealth } from './slots/app-health.ts'
import type { LogEntry, LogOptions } from './slots/logs.ts'
import type { Terminal } from './terminal/terminal.ts'

/** What people ask of an app beside deployments, by what runs it. Every method throws `DeployError`. */
export interface Operations<App extends AppSpec> {
  /** How a deployment would go, without its beginning. */
  plan(app: App): Promise<EnginePlan>
  /** How what is live is at this moment; when it is to be asked itself, what it answers within so long. */
  health(app: App, ask?: { withinMs: number }): Promise<AppHealth & { answer?: AppAnswer }>
  /** What a deployment's containers print. */
  logs(
    app: App,
    stored: StoredDeployment,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncGenerator<LogEntry>
  /** Runs a command to its end, beside what is live and with all that it has. */
  run(
    what: { app: App; live: StoredDeployment; command: readonly string[] },
    terminal: Terminal,
    signal: AbortSignal,
  ): Promise<{ exitCode: number }>
  /** The engine's name of a live container that runs on this machine; `undefined` when there is none of that number. */
  container(app: App, live: StoredDeployment, replica: number): Promise<string | undefined>
  stop(app: App, signal: AbortSignal): Promise<void>
  start(app: App, signal: AbortSignal): Promise<void>
}

/** Those of each engine. */
export type AllOperations = {
  readonly [Engine in AppSpec['engine']]: Operations<Extract<AppSpec, { engine: Engine }>>
}

/** Those of what runs this app. It is given no other apps than those of its engine. */
export const operationsOf = ({ engine }: AppSpec, all: AllOperations): Operations<AppSpec> =>
  all[engine]
