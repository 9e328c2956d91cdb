/** An app that came by a hook, and goes again. */
export interface Preview {
  /** Its own name: `api--pr-42`. */
  app: string
  /** The app that it is a preview of. */
  of: string
  /** ISO 8601, UTC. */
  madeAt: string
  /** When a deployment of it was accepted last. */
  deployedAt: string
  /** Of the tokens that deployed it, if they were a pull request's. */
  origin?: Origin
  /** Which run deployed it last, where one says so. */
  run?: Run
  /** Since when its pull request is known to be closed, or its branch gone. */
  closedSince?: string
  /** Since when it is to be gone; absent: it stays. */
  leavesSince?: string
}

/** A run of a workflow: later ones have greater numbers, and one that is run again a greater attempt. */
export interface Run {
  id: number
  attempt: number
}

/** The branch of a pull request. */
export interface Origin {
  /** A number, which nobody else gets when the repository is renamed. */
  repositoryId: string
  headRef: string
}

/** The memory of previews. Every write is durable when the call returns, or when the transaction that it is in is over. */
export interface PreviewRecord {
  get(app: string): Preview | undefined
  /** By name. */
  all(): Preview[]
  put(preview: Preview): void
  /** It is gone. */
  forget(app: string): void
  /** How this was taken away: a preview's name, or {@link branchMark}. */
  removals(what: string): Removals
  /** The newest run that took it away counts, and of those without one the last. */
  markRemoved(what: string, how: Removal & { at: string }): void
}

/** By a run, or by what has none: a person, or the end of its time. Of such, which run had deployed it last is worth knowing. */
export type Removal = { run: number } | { run?: undefined; deployedBy?: Run }

export interface Removals {
  /** The newest one that took it away. */
  run?: number
  /** When it was taken away by none. */
  byNone?: { at: string; deployedBy?: Run }
}

/** What is removed with a pull request whose number nobody says: no name of an app has a blank. */
export const branchMark = (of: string, { repositoryId, headRef }: Origin): string =>
  `${of} ${repositoryId} ${headRef}`

/** Why a preview cannot be had. */
export class PreviewError extends Error {
  readonly code: 'too_many_previews' | 'preview_removed' | 'preview_leaves'
  readonly hint: string
  /** The run that came after who asked, and removed it. */
  readonly newerRun: number | undefined

  constructor(code: PreviewError['code'], message: string, hint: string, newerRun?: number) {
    super(message)
    this.name = 'PreviewError'
    this.code = code
    this.hint = hint
    this.newerRun = newerRun
  }
}
