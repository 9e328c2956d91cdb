import type { ReadRepository } from './reading.ts'

/** OIDC tokens are taken with 5 s of difference, hooks with 5 minutes. */
const MOST_MS = 5000
/** An answer has whole seconds, and takes its time. */
const ROUNDED_MS = 1000

/**
 * Compares this machine's clock with the time that registries answer with, the first of them that does. Throws an error with
 * its remedy when it is wrong.
 */
export async function lookAtClock(
  repositories: readonly string[],
  {
    read,
    signal,
    now = Date.now,
  }: { read: ReadRepository; signal: AbortSignal; now?: () => number },
): Promise<string> {
  for (const repository of repositories) {
    try {
      const ahead = await aheadOf(repository, { read, signal, now })
      if (ahead !== undefined) return verdict(ahead)
    } catch (error) {
      if (error instanceof ClockError) throw error
      const code = codesOf(error).find((each) => DATED.has(each))
      if (code !== undefined) {
        throw new ClockError(
          `by this machine's clock (${new Date(now()).toISOString()}) a registry's certificate is not good now (${code})`,
        )
      }
    }
  }
  return 'not compared: no registry tells the time'
}

interface Compared {
  /** Host of the registry. */
  registry: string
  /** By how many milliseconds this machine is ahead of it. */
  ms: number
}

/** Nothing of a registry that does not tell the time. */
const aheadOf = (
  repository: string,
  { read, signal, now }: { read: ReadRepository; signal: AbortSignal; now: () => number },
): Promise<Compared | undefined> =>
  read(repository, signal, async (_, { route }) => {
    const asked = now()
    const answer = await route.fetch(`${route.base}/v2/`, { redirect: 'manual', signal })
    const answered = now()
    await answer.body?.cancel()
    const theirs = Date.parse(answer.headers.get('date') ?? '')
    if (Number.isNaN(theirs)) return undefined
    const ms = theirs > answered ? answered - theirs : Math.max(asked - theirs - ROUNDED_MS, 0)
    return { registry: new URL(route.base).host, ms }
  })

function verdict({ registry, ms }: Compared): string {
  if (Math.abs(ms) <= MOST_MS) return 'as the registry has it'
  const by = span(Math.abs(ms / 1000))
  throw new ClockError(
    `this machine's clock is ${by} ${ms > 0 ? 'ahead of' : 'behind'} that of ${registry}`,
  )
}

/** A clock may be years away. */
function span(seconds: number): string {
  const [each, unit] = UNITS.find(([long]) => seconds >= 2 * long) ?? [1, 's']
  return `${(seconds / each).toFixed(0)} ${unit}`
}

const UNITS = [
  [86_400, 'days'],
  [3600, 'h'],
  [60, 'min'],
] as const

class ClockError extends Error {
  readonly hint =
    'hooks and tokens are refused by a wrong clock: timedatectl set-ntp true, `timedatectl timesync-status` says what it goes by'
}

/** A certificate has its times, too. */
const DATED = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

const codesOf = (error: unknown): string[] => {
  if (typeof error !== 'object' || error === null) return []
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  return [...(typeof code === 'string' ? [code] : []), ...codesOf(cause)]
}
