/** What a CA was asked for, as it is on record: its limits are counted by that. Times are ISO 8601, UTC. */
export interface Order {
  /** URL of its ACME directory. */
  server: string
  names: readonly string[]
  at: string
  /** It was for the names of a certificate that stood. */
  isRenewal: boolean
  /** Absent: the receiver ended before it knew, and whatever it may have come to counts. */
  outcome?: Outcome
}

export type Outcome =
  | { kind: 'issued' }
  /** The CA could not see that the names are ours. */
  | { kind: 'unproven' }
  /** It gives no more for so long since the order. */
  | { kind: 'limited'; of: LimitOf; forMs: number }
  /** Nothing that the CA counts, beside the order itself. */
  | { kind: 'failed' }

/** What has reached a limit of a CA: these names, all names of their domain, or whoever asks. */
export type LimitOf = 'names' | 'domain' | 'account'

/** The memory of orders. Every write is durable when the call returns. */
export interface OrderRecord {
  /** Those that may still count. */
  all(): readonly Order[]
  /** Puts one on record before the CA hears of it; returns by what it is found again. */
  begin(order: Omit<Order, 'outcome'>): number
  end(order: number, outcome: Outcome): void
}
