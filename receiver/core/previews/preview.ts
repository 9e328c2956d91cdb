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
  /** Since when it is to be gone; absent: it stays. */
  leavesSince?: string
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
  /** The newest run that took this away: a preview's name, or {@link branchMark}. */
  removedBy(what: string): number | undefined
  markRemoved(what: string, by: { run: number; at: string }): void
}

/** What is removed with a pull request whose number nobody says: no name of an app has a blank. */
export const branchMark = (of: string, { repositoryId, headRef }: Origin): string =>
  `${of} ${repositoryId} ${headRef}`

/** Why a preview cannot be had. */
export class PreviewError extends Error {
  readonly code: 'too_many_previews' | 'preview_removed' | 'preview_leaves'
  readonly hint: string

  constructor(code: PreviewError['code'], message: string, hint: string) {
    super(message)
    this.name = 'PreviewError'
    this.code = code
    this.hint = hint
  }
}
