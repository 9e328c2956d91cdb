/** A line that a container printed, with the moment to the nanosecond: `2026-03-01T12:00:00.000000000Z`. */
export interface LogLine {
  at: string
  text: string
}

/** What containers that are gone printed last. */
export interface KeptLogs {
  /** In place of what was kept of this replica before. Secrets are taken out of it. */
  keep(
    of: { app: string; generation: number; replica: number },
    lines: readonly LogLine[],
  ): Promise<void>
  /** Of each replica of which something is kept. */
  read(of: { app: string; generation: number }): { replica: number; lines: LogLine[] }[]
  /** Those of an app of which something is kept, the newest first. */
  generations(app: string): number[]
  remove(app: string, generations: readonly number[]): void
  /** All of an app that is gone, and of its project's services. */
  forget(app: string): void
}
