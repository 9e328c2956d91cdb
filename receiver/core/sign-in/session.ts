/** What somebody who is signed in may do: all that the page has, or look alone. */
export type Role = 'operator' | 'reader'

/** Somebody, as the page and the audit trail name them. */
export interface Person {
  /** `github:octocat`, or `link` with what was said when the link was made. */
  name: string
  role: Role
}

/** Somebody who is signed in. Times are Unix seconds. */
export interface Session extends Person {
  /** Names it to those who look at the list; whoever has it has no session. */
  id: string
  createdAt: number
  /** When it was used last, to the minute. */
  usedAt: number
  expiresAt: number
  /** The beginning of what the browser says of itself. */
  agent: string
}

/** The durable side. What a browser holds is never kept: `hash` is its SHA-256. */
export interface SessionStore {
  addLink(link: Person & { hash: string; expiresAt: number }): void
  /** Whom a link is for, as long as nobody used it. */
  link(hash: string, now: number): Person | undefined
  /** Uses it up. */
  takeLink(hash: string, now: number): Person | undefined
  add(hash: string, session: Session): void
  session(hash: string): Session | undefined
  use(id: string, times: Pick<Session, 'usedAt' | 'expiresAt'>): void
  /** Newest first. */
  list(now: number): Session[]
  end(id: string): boolean
  /** Forgets what has ended. */
  purge(now: number): void
}

export const LINK_SECONDS = 10 * 60
/** Nobody came for so long: it ends. */
const IDLE_SECONDS = 12 * 60 * 60
/** It ends then in any case. */
const LONGEST_SECONDS = 7 * 24 * 60 * 60

/** A session that begins now. */
export function newSession(
  person: Person,
  { id, now, agent }: { id: string; now: number; agent: string },
): Session {
  return { ...person, id, createdAt: now, usedAt: now, expiresAt: now + IDLE_SECONDS, agent }
}

/** When it was used and when it ends, if that is worth a write: once a minute. */
export function used(
  { createdAt, usedAt }: Session,
  now: number,
): Pick<Session, 'usedAt' | 'expiresAt'> | undefined {
  if (now - usedAt < 60) return undefined
  return { usedAt: now, expiresAt: Math.min(now + IDLE_SECONDS, createdAt + LONGEST_SECONDS) }
}
