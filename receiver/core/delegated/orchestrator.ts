import type { AppSpec } from '../app.ts'
import type { DeployErrorCode } from '../errors.ts'
import type { LogLine } from '../slots/printed.ts'

/** What an orchestrator is to run. */
export interface Order<App extends AppSpec> {
  /** With the settings of the release. */
  app: App
  deployment: string
  /** By this it knows an order again that it was given before. */
  generation: number
  repository: string
  digest: string
}

/** Whether an order is on our record: another receiver, or this one with an older record, counts its own generations. */
export type IsOurs = (order: { app: string; generation: number; deployment: string }) => boolean

/**
 * What rolls an app out by itself, told by an API: a swarm, a cluster. Whoever orders looks on until it is done, or takes the order back.
 * Each call may come again after a crash in the middle of it. Every method throws `DeployError` alone.
 */
export interface Orchestrator<App extends AppSpec> {
  /** Has it run this from now on; nothing happens when this order stands already. Resolves to a line about it. */
  apply(order: Order<App>, signal: AbortSignal): Promise<string>
  /** What it has made of the order that stands. */
  status(app: App): Promise<OrderStatus>
  /**
   * Has it run what stood before an order: the given one, or without one what the orchestrator remembers, which may be nothing. Whether it
   * has come to that is told by `status`.
   */
  undo(order: Order<App>, before: Order<App> | undefined, signal: AbortSignal): Promise<void>
  /** Runs a command once in the image of an order, as the app's instances run. Of the same name again, it goes on with the one that runs. */
  runOnce(
    order: Order<App>,
    options: {
      name: string
      command: readonly string[]
      timeoutMs: number
      output: (line: string) => void
      signal: AbortSignal
    },
  ): Promise<{ exitCode: number }>
  /** Removes what is left of such commands: the one of that name, or all of an app that nobody waits for. */
  removeCommands(app: App, name?: string): Promise<void>
  /** Those that run, of whatever order, and those that it still remembers. */
  instances(app: App): Promise<Instance[]>
  /** What all of them print, as it comes: the last `tail` lines of each, none before `since`, with `follow` until the signal aborts. */
  lines(
    app: App,
    options: { tail?: number; since?: string; follow: boolean; signal: AbortSignal },
  ): AsyncIterable<LogLine & { instance: string }>
  /** Takes what it made for an app of that name away, whatever became of its config. Resolves to what that was, for people. */
  remove(app: string): Promise<string[]>
  /** Last lines of what an instance printed, oldest first; empty when they cannot be had. */
  logs(app: App, instance: string, lines: number): Promise<string[]>
  /** Puts right what passes with time, without replacing anything: credentials that end. Milliseconds until it is to be called again. */
  refresh(app: App, signal: AbortSignal): Promise<number | undefined>
}

export interface Instance {
  id: string
  /** The order that it is of; `undefined`: somebody else's. */
  generation: number | undefined
  /** Its number among those that run at once, from 1. */
  replica: number
  /** `node-2`. */
  where: string
  running: boolean
  /** The engine's id of its container, if that is on this machine. */
  container?: string
}

export interface OrderStatus {
  /** The order that stands, if it is one of ours and nobody changed what it runs. */
  generation: number | undefined
  /** What it is told to run, whoever told it; `undefined`: it knows no such app. */
  image: string | undefined
  phase: Phase
  /** Instances that there are to be; 0 with nothing in `waits` is what somebody scaled it to. */
  wanted: number
  /** Of the order that stands: those that run, ready as far as the orchestrator can tell. */
  updated: number
  /** Of other orders: those that still run. */
  old: number
  /** What keeps instances of the order from running now, in a line, for people. */
  waits: string | undefined
  /** Whose output may say more of that, for `logs`. */
  waitsAt?: string
  /** Instances that ended or could not start, the first of them first, of whatever order: also of one that was taken back since. */
  failures: readonly Failure[]
  /** The orchestrator's own words about what it does. */
  says: string | undefined
}

/**
 * `paused`: it was told to go no further. `undoing` and `undone`: it goes back, or went back, by itself, to what stood before. `stuck`:
 * it could not even go back.
 */
export type Phase = 'absent' | 'updating' | 'settled' | 'paused' | 'undoing' | 'undone' | 'stuck'

export interface Failure {
  /** For `logs`. */
  instance: string
  /** The order that it was of. */
  generation: number
  /** `node-2`. */
  where: string
  code: DeployErrorCode
  /** In the orchestrator's words. */
  message: string
  exitCode?: number
}
