/** One thing that was looked at, for people: whether it is as it has to be. */
export interface Finding {
  /** `docker`, `nginx`, `registry ghcr.io`, `app api`. */
  what: string
  ok: boolean
  /** What was found, with its figures. */
  message: string
  /** What to do about it; of what is as it has to be, what would be wise: a warning. */
  hint?: string
}

/** What a look came to. */
export type Found = string | { message: string; hint?: string }

/** Looks, and makes whatever is thrown a failed check. */
export async function finding(what: string, look: () => Promise<Found> | Found): Promise<Finding> {
  try {
    const found = await look()
    return { what, ok: true, ...(typeof found === 'string' ? { message: found } : found) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const hint = (error as { hint?: unknown } | undefined)?.hint
    return { what, ok: false, message, ...(typeof hint === 'string' ? { hint } : {}) }
  }
}
