import type { Clock } from '../clock.ts'
import { CertificateError } from './error.ts'
import type { CertificatePorts } from './keep.ts'
import type { OrderRecord, Outcome } from './orders.ts'

const HOUR_MS = 60 * 60 * 1000

/** Has each order on record before the CA hears of it, and what came of it afterwards: by that its limits are counted. */
export function onRecord(
  obtain: CertificatePorts['obtain'],
  { orders, clock }: { orders: OrderRecord; clock: Pick<Clock, 'now' | 'since'> },
): CertificatePorts['obtain'] {
  return async (wanted, reason, signal) => {
    const { names, ca } = wanted
    const at = clock.now()
    const isRenewal = reason === 'renewal'
    const order = orders.begin({ server: ca?.server ?? '', names, at, isRenewal })
    try {
      await obtain(wanted, reason, signal)
    } catch (error) {
      // what an orderly stop cut short is not known
      if (!signal.aborted) orders.end(order, outcomeOf(error, clock.since(at)))
      throw error
    }
    orders.end(order, { kind: 'issued' })
  }
}

function outcomeOf(error: unknown, tookMs: number): Outcome {
  const { verdict, retryAfterMs = HOUR_MS } =
    error instanceof CertificateError ? error : ({} as Partial<CertificateError>)
  if (verdict === undefined) return { kind: 'failed' }
  return verdict.kind === 'limited'
    ? { kind: 'limited', of: verdict.of, forMs: retryAfterMs + tookMs }
    : verdict
}
