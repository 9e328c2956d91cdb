/** Time, as whoever waits or notes it needs it. */
export interface Clock {
  /** ISO 8601, UTC. */
  now(): string
  /** Monotonic milliseconds. */
  ms(): number
  /** Unix milliseconds, by the wall clock. */
  unixMs(): number
  /** Milliseconds since such a time, by the wall clock. */
  since(at: string): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Aborts after `ms`; never when that is longer than a timer can wait. */
  timeout(ms: number): AbortSignal
}
