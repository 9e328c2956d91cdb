const SHOWN_REASONS = 5

export type Kind =
  | 'keep-alive GET'
  | 'keep-alive POST'
  | 'fresh connection'
  | 'slow response'
  | 'HTTP/2 over TLS'
  | 'gRPC call'
  | 'gRPC stream'
  | 'WebSocket'
  | 'server-sent events'

/** What one kind of client met. */
export interface KindReport {
  requests: number
  failed: number
  /** Longest time between two successful answers to the same client, in milliseconds. */
  longestGapMs: number
}

export interface LoadReport {
  requests: number
  failed: number
  /** The first failures, each with its kind and cause. */
  reasons: string[]
  /** Longest time between two successful answers to the same client; slow ones, streams and events are left out. */
  longestGapMs: number
  /** Of the kinds that there are clients of. */
  kinds: Partial<Record<Kind, KindReport>>
  /** Time of each version's first answer, in milliseconds since the epoch, in that order. */
  versions: { version: string; firstAt: number }[]
  /**
   * When a WebSocket was closed with 1001, "going away", or a stream of events was ended, and was opened again: milliseconds
   * since the epoch.
   */
  closings: number[]
}

export interface Tally {
  /** A client's own view: it says how each of its requests ended. */
  client(kind: Kind): { succeeded(version: string): void; failed(reason: string): void }
  reconnected(): void
  report(): LoadReport
}

/** Counts what clients under load meet. */
export function createTally(): Tally {
  const kinds: Partial<Record<Kind, KindReport>> = {}
  const reasons: string[] = []
  const versions = new Map<string, number>()
  const closings: number[] = []
  return {
    client(kind) {
      const own = (kinds[kind] ??= empty())
      let last = performance.now()
      return {
        succeeded(version) {
          const now = performance.now()
          own.requests += 1
          own.longestGapMs = Math.max(own.longestGapMs, now - last)
          last = now
          if (!versions.has(version)) versions.set(version, performance.timeOrigin + now)
        },
        failed(reason) {
          own.requests += 1
          own.failed += 1
          if (reasons.length < SHOWN_REASONS) reasons.push(`${kind}: ${reason}`)
        },
      }
    },
    reconnected: () => void closings.push(Date.now()),
    report() {
      const all = Object.values(kinds)
      const { 'slow response': _, 'server-sent events': __, 'gRPC stream': ___, ...quick } = kinds
      return {
        requests: all.reduce((sum, { requests }) => sum + requests, 0),
        failed: all.reduce((sum, { failed }) => sum + failed, 0),
        reasons,
        longestGapMs: Math.max(...Object.values(quick).map(({ longestGapMs }) => longestGapMs)),
        kinds,
        versions: [...versions].map(([version, firstAt]) => ({ version, firstAt })),
        closings: [...closings],
      }
    },
  }
}

const empty = (): KindReport => ({ requests: 0, failed: 0, longestGapMs: 0 })

/** An error in words, with the code that tells one connection failure from another. */
export const reasonOf = (error: unknown) =>
  error instanceof Error
    ? 'code' in error
      ? `${error.message} (${String(error.code)})`
      : error.message
    : String(error)
