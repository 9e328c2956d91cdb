import type { Clock } from '../clock.ts'
import type { Held, WantedCertificate } from './certificate.ts'
import type { Reason } from './next-step.ts'
import type { Order } from './orders.ts'

const HOUR_MS = 60 * 60 * 1000
const WEEK_MS = 7 * 24 * HOUR_MS

/**
 * What Let's Encrypt gives (letsencrypt.org/docs/rate-limits), and how much of it previews may use up: the rest is for apps. Of a failed
 * proof and of one set of names the last one is for whoever asks by hand.
 */
const LIMITS = {
  domain: { withinMs: WEEK_MS, most: 50, ofPreviews: 35 },
  names: { withinMs: WEEK_MS, most: 5, ofPreviews: 4 },
  unproven: { withinMs: HOUR_MS, most: 5, ofPreviews: 4 },
  account: { withinMs: 3 * HOUR_MS, most: 300, ofPreviews: 200 },
} as const

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/'

type Times = Pick<Clock, 'since'>

/**
 * Why a CA is not asked for the certificate of a preview yet, by what it was asked for before; `undefined`: it may be. What a CA says
 * of its limits counts for all of them. Counted beforehand are those of Let's Encrypt alone: others have other ones, or none. A
 * renewal counts against none of these but the CA's own word.
 */
export function heldBack(
  { names, ca }: WantedCertificate,
  reason: Reason,
  { orders, clock }: { orders: readonly Order[]; clock: Times },
): Held | undefined {
  const ours = orders.filter(({ server }) => server === ca?.server)
  const all = [
    bySaying(names, ours, clock),
    ...(reason !== 'renewal' && ca?.server.startsWith(LETS_ENCRYPT) === true
      ? byCounting(names, ours, clock)
      : []),
  ].filter((each) => each !== undefined)
  return all.toSorted((one, other) => other.ms - one.ms)[0]
}

/** The CA said until when it gives no more. */
function bySaying(
  names: readonly string[],
  orders: readonly Order[],
  clock: Times,
): Held | undefined {
  const waits = orders.flatMap(({ outcome, names: asked, at }) => {
    if (outcome?.kind !== 'limited') return []
    const isHit =
      outcome.of === 'account' ||
      (outcome.of === 'domain' ? isOfOneDomain(asked, names) : isSame(asked, names))
    return isHit ? [outcome.forMs - clock.since(at)] : []
  })
  const ms = Math.max(0, ...waits)
  return ms > 0 ? { ms, message: 'the CA said that it gives no more for now' } : undefined
}

function byCounting(
  names: readonly string[],
  orders: readonly Order[],
  clock: Times,
): (Held | undefined)[] {
  const [name = ''] = names
  const domain = domainOf(name)
  const issued = orders.filter(({ outcome }) => outcome === undefined || outcome.kind === 'issued')
  const { domain: ofDomain, names: ofNames, unproven, account } = LIMITS
  return [
    held(
      ofDomain,
      issued.filter((each) => !each.isRenewal && isOfOneDomain(each.names, names)),
      clock,
      `the CA gives names of ${domain} ${ofDomain.most} certificates a week, and ${ofDomain.ofPreviews} of them were had: the rest is for apps`,
    ),
    held(
      ofNames,
      issued.filter((each) => isSame(each.names, names)),
      clock,
      `the CA gives ${name} ${ofNames.most} certificates a week, and ${ofNames.ofPreviews} of them were had`,
    ),
    held(
      unproven,
      orders.filter(
        ({ outcome, names: asked }) =>
          (outcome === undefined || outcome.kind === 'unproven') &&
          asked.some((each) => names.includes(each)),
      ),
      clock,
      `the CA lets ${unproven.most} proofs an hour fail for ${name}, and ${unproven.ofPreviews} did`,
    ),
    held(
      account,
      orders,
      clock,
      `the CA takes ${account.most} orders in 3 hours, and ${account.ofPreviews} were made: the rest is for apps`,
    ),
  ]
}

/** Until the oldest of those that fill it up is out of the time that counts. */
function held(
  { withinMs, ofPreviews }: { withinMs: number; ofPreviews: number },
  orders: readonly Order[],
  clock: Times,
  message: string,
): Held | undefined {
  const ages = orders
    .map(({ at }) => clock.since(at))
    .filter((age) => age < withinMs)
    .toSorted((one, other) => one - other)
  const age = ages[ofPreviews - 1]
  return age === undefined ? undefined : { message, ms: withinMs - age }
}

/**
 * Two labels: no registered domain has fewer. Of `example.co.uk` more is counted together than the CA does, which errs on the side
 * of apps; no list of public suffixes has to be kept up to date for it.
 */
const domainOf = (name: string): string => name.split('.').slice(-2).join('.')

const isOfOneDomain = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((one) => others.some((other) => domainOf(one) === domainOf(other)))

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  new Set(some).size === new Set(others).size && some.every((each) => others.includes(each))
