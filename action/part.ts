import type { HookTarget } from './hook-target.ts'
import type { Inputs } from './inputs.ts'
import type { Result } from './summary.ts'

/** One receiver, and all that is known of what it made of what is deployed. */
export interface Part {
  /** Tells it apart from the others: its host, where no two have the same. */
  name: string
  target: HookTarget
  /** Absent: it was not begun, or took no hook. */
  result?: Result
  /** Why it failed, or why its end is not known. */
  error?: unknown
  /** Why it could not be asked in the end what became of it. */
  unasked?: unknown
  /** What it made of being taken back to what it had. */
  back?: { result?: Result; error?: unknown }
  /** Why it is not taken back. */
  stays?: string
}

/** What has to happen to all of them. */
export interface Plan {
  onFailure: Inputs['onFailure']
  maxParallel: number
  /** Called each time that more is known of one. */
  onChange: (part: Part) => void
}

export const partsOf = (targets: readonly HookTarget[]): Part[] => {
  const hosts = targets.map(({ url }) => new URL(url).host)
  const isOfOne = new Set(hosts).size === hosts.length
  return targets.map((target, index) => ({
    target,
    name: isOfOne ? (hosts[index] ?? '') : target.url.replace(/^https?:\/\//, ''),
  }))
}

/** What took its hook. */
export const resultsOf = (parts: readonly Part[]): Result[] =>
  parts.flatMap(({ result }) => result ?? [])
