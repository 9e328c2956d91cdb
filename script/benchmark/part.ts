/** What a part of the benchmark is told. */
export interface Asked {
  /** How often something is done that is done so often in a whole run: less in a short one, of which the figures say little. */
  times(whole: number): number
  /** Progress, for the one who waits. */
  say(text: string): void
}

/** One way of doing what others do, too. Of a round in turns, all ways of a figure have the value at the same index. */
export interface Way {
  name: string
  values: number[]
}

/** The same thing, done in several ways. */
export interface Figure {
  title: string
  /** What the values count: `ms`, `requests/s`, `MiB` … */
  unit: string
  ways: Way[]
  /** What is wanted of one way. */
  aim?: Aim
}

/** Of `way`: its median, or with `against` the median of its ratios to that one's, round by round. */
export type Aim = { way: string; against?: string } & ({ most: number } | { least: number })

/** Counts, which are what they are. */
export interface Table {
  title: string
  head: string[]
  rows: (string | number)[][]
}

export interface Measured {
  figures: Figure[]
  tables: Table[]
  /** What may not happen, and did: is said after the tables, and the run has failed. */
  faults?: string[]
}

/** A section of docs/benchmarks.md. */
export interface Part {
  measure(asked: Asked): Promise<Measured>
}

/** What is kept of a part's run, beside docs/benchmarks.md. */
export interface Kept extends Measured {
  /** ISO 8601. */
  at: string
  commit: string
  /** Of the rounds of a whole run, what this one had. */
  share: number
  /** Processor, cores, memory, and versions, by name. */
  machine: Record<string, string>
}
