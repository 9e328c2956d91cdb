import type { Clock } from '../clock.ts'
import type { Attempts, Held, StandingCertificate, WantedCertificate } from './certificate.ts'

/** Why a CA is asked: for the first certificate, for other names, from another CA, or because its time is nearly over. */
export type Reason = 'none' | 'names' | 'server' | 'renewal'

export type NextStep =
  | { do: 'nothing' }
  | { do: 'obtain'; reason: Reason }
  /** It is due, and was asked for in vain, or `why` says what keeps it. */
  | { do: 'wait'; reason: Reason; ms: number; why?: string }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/**
 * After each attempt in vain. Let's Encrypt lets five of them an hour fail for a name, and longer ones than the last are no help: what
 * is wrong is mended by somebody, or passes.
 */
const BACKOFF_MS = [
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  12 * HOUR_MS,
  24 * HOUR_MS,
]

/**
 * The part of its lifetime that is left when the receiver renews it. Certbot's own timer does at a third, so that the receiver never
 * has to know whether one runs: where one does, this never comes.
 */
const LEFT = 1 / 4

/** What is to be done for a certificate of a CA. */
export function nextStep(
  wanted: WantedCertificate,
  standing: StandingCertificate | undefined,
  {
    attempts,
    held = () => undefined,
    clock,
  }: {
    attempts: Attempts | undefined
    /** What keeps it from being asked for, however often it was. */
    held?: (wanted: WantedCertificate, reason: Reason) => Held | undefined
    clock: Pick<Clock, 'since'>
  },
): NextStep {
  const reason = whyDue(wanted, standing, clock)
  if (reason === undefined) return { do: 'nothing' }
  const paused = pauseMs(wanted, attempts, clock)
  const limit = held(wanted, reason)
  if (limit !== undefined && limit.ms > paused) {
    return { do: 'wait', reason, ms: limit.ms, why: limit.message }
  }
  return paused > 0 ? { do: 'wait', reason, ms: paused } : { do: 'obtain', reason }
}

/** How long what was asked for in vain is let rest. */
function pauseMs(
  wanted: WantedCertificate,
  attempts: Attempts | undefined,
  clock: Pick<Clock, 'since'>,
): number {
  // somebody changed what is asked for: what was wrong may be mended
  if (attempts === undefined || attempts.wanted !== describeWanted(wanted)) return 0
  const pause = BACKOFF_MS[Math.min(attempts.count, BACKOFF_MS.length) - 1] ?? 0
  return Math.max(pause, attempts.retryAfterMs ?? 0) - clock.since(attempts.lastAt)
}

function whyDue(
  { names, ca }: WantedCertificate,
  standing: StandingCertificate | undefined,
  clock: Pick<Clock, 'since'>,
): Reason | undefined {
  if (ca === undefined || names.length === 0) return undefined
  if (standing === undefined) return 'none'
  const leftMs = -clock.since(standing.notAfter)
  const isOther = standing.server !== undefined && standing.server !== ca.server
  // what visitors believe is not given away for something to try out
  if (isOther && !(ca.isTrial && leftMs > 0)) return 'server'
  if (isOther) return undefined
  if (!isSame(names, standing.names)) return 'names'
  const lifetimeMs = clock.since(standing.notBefore) + leftMs
  return leftMs <= lifetimeMs * LEFT ? 'renewal' : undefined
}

const isSame = (one: readonly string[], other: readonly string[]) =>
  new Set(one).size === new Set(other).size && one.every((name) => other.includes(name))

/** By which it is known again that the same is asked for. */
export const describeWanted = ({ names, ca }: WantedCertificate): string =>
  [ca?.server ?? '', ...names.toSorted()].join(' ')
