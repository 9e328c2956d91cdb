/** Something that a target is to be told. */
export interface Entry {
  number: number
  /** The same whenever it is told again, so that whoever is told twice can see it. */
  id: string
  target: string
  /** What is told, as it was put in. */
  content: unknown
  /** When it happened. */
  at: string
  /** How often it was told in vain, when last, and how long from then it waits. */
  attempts: number
  triedAt?: string
  waitMs: number
}

/** What targets are still to be told, durable. Entries of one target come in the order in which they were put in. */
export interface Outbox {
  /**
   * Puts something in, within the transaction of whatever made it: one is not kept without the other. What that target was told already, by
   * `news`, is passed over.
   */
  add(entry: { target: string; news: string; content: unknown; at: string }): void
  /** Targets that something waits for. */
  targets(): string[]
  /** What a target is told next. */
  next(target: string): Entry | undefined
  told(number: number, at: string): void
  failed(number: number, failure: { at: string; waitMs: number; why: string }): void
  /** It is not told any more. */
  dropped(number: number, failure: { at: string; why: string }): void
  /** What waits for a target is told without waiting: it may be another address by now. */
  hurry(target: string): void
}

/** How a target is told, for whoever looks. */
export interface TargetRecord {
  waiting: number
  /** When it was told last. */
  toldAt?: string
  /** Why what waits first was not told, and when that was tried last. */
  failing?: { why: string; at: string; since: string }
  /** Of the last week. */
  dropped: number
  lastDrop?: { why: string; at: string }
}
