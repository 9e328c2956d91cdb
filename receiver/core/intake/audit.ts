/** Who asked, as far as it is known. */
export interface Sender {
  kind: 'oidc' | 'webhook' | 'basic' | 'github' | 'socket' | 'page' | 'poll' | 'none'
  /** Fingerprint of the key: first 12 hex digits of its SHA-256. */
  key?: string
  /** Of an OIDC token. */
  issuer?: string
  claims?: Readonly<Record<string, string>>
  /** Who was signed in on the page. */
  person?: string
}

/**
 * What became of a request. `accepted`: a new deployment, or what was ordered on the machine itself. `repeated`: it was answered before. `unchanged`, `ignored`: a
 * hint that changes nothing. `rejected`: not authentic. `refused`: authentic, and not allowed or not possible.
 */
export type AuditOutcome =
  'accepted' | 'repeated' | 'unchanged' | 'ignored' | 'rejected' | 'refused'

/** One line of the audit trail: who asked for what, from where, when, and what came of it. */
export interface AuditEntry {
  /** ISO 8601, UTC: the first time. */
  at: string
  /** The last time, of requests that are alike and came again and again. */
  last_at: string
  /** How many requests this entry stands for. */
  count: number
  /** Absent when there is no such app. */
  app?: string
  /** Client address; absent on the local socket. */
  address?: string
  sender: Sender
  outcome: AuditOutcome
  /** What was asked for, in a line. */
  request?: string
  /** Why it was not done: precise, so for the operator alone. */
  reason?: string
  /** Stable word for that, of what was rejected or refused. */
  code?: string
  deployment?: string
  /** Of the request; of several that were alike, of the first. */
  request_id?: string
}

/** The durable audit trail. */
export interface AuditTrail {
  /** Keeps an entry; returns its number. */
  add(entry: AuditEntry): number
  /** The same thing happened again. */
  repeat(number: number, count: number, lastAt: string): void
  /** Newest first. `before` is an entry's number. */
  list(options: {
    app?: string
    limit: number
    before?: number
  }): ({ number: number } & AuditEntry)[]
}
