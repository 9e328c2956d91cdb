/** One thing that was looked at, for people: whether it is as it has to be. */
export interface Finding {
  /** For programs, the same in whatever words it is told: `docker`, `site:api`. */
  id: string
  /** `docker`, `site of api`. */
  what: string
  ok: boolean
  /** What was found, with its figures. */
  message: string
  /** What to do about it; of what is as it has to be, what would be wise: a warning. */
  hint?: string
}

/** What a look came to. */
export type Found = string | { message: string; hint?: string }

/** What is looked at: words for people, of which its id is made, or both. */
export type Subject = string | Pick<Finding, 'id' | 'what'>

/** One of several of a kind: `site of api`, which is `site:api` for programs. */
export const of = (kind: string, name: string): Exclude<Subject, string> => ({
  id: `${kind}:${name}`,
  what: `${kind} of ${name}`,
})

const named = (subject: Subject) =>
  typeof subject === 'string' ? { id: subject.replaceAll(/[^a-z]+/g, '-'), what: subject } : subject

/** Looks, and makes whatever is thrown a failed check. */
export async function finding(
  subject: Subject,
  look: () => Promise<Found> | Found,
): Promise<Finding> {
  try {
    return found(subject, await look())
  } catch (error) {
    return failed(subject, error)
  }
}

/** What is as it has to be, or nearly. */
export const found = (subject: Subject, what: Found): Finding => ({
  ...named(subject),
  ok: true,
  ...(typeof what === 'string' ? { message: what } : what),
})

/** What is not, with the remedy that the error has. */
export function failed(subject: Subject, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error)
  const hint = (error as { hint?: unknown } | undefined)?.hint
  return { ...named(subject), ok: false, message, ...(typeof hint === 'string' ? { hint } : {}) }
}

export type Verdict = 'ok' | 'warning' | 'failure'

export const verdictOf = ({ ok, hint }: Pick<Finding, 'ok' | 'hint'>): Verdict =>
  ok ? (hint === undefined ? 'ok' : 'warning') : 'failure'
