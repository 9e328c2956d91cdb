import type { SiteSettings } from '../core/site.ts'
import type { Field, Reader } from './reader.ts'
import { duration, matching, number } from './values.ts'

const [DEFAULT_BODY, DEFAULT_TIMEOUT_MS] = ['100m', 3_600_000]
const OFF = /^(?:0[kmg]?|off|no|false)$/i

/** The largest body, in Nginx's form; `undefined` is the default, and when it is none. */
export function readMaxBody(reader: Reader, field: Field): string | undefined {
  const form = /^(?:\d{1,12}|\d{1,9}[kmg]|off|no|false)$/i
  const hint = 'write it like 100m, 1g or 512k; 0 is no limit'
  const text = matching(reader, field, form, 'a size for Nginx', hint)?.toLowerCase()
  if (text === undefined || text === DEFAULT_BODY) return undefined
  return OFF.test(text) ? '0' : text
}

/** Whole milliseconds; `undefined` is the default, and when it is none. */
export function readTimeout(reader: Reader, field: Field): number | undefined {
  const ms = duration(reader, field, { min: 1 })
  return ms === undefined || ms === DEFAULT_TIMEOUT_MS ? undefined : Math.round(ms)
}

const RATE = /^([1-9]\d{0,5})r\/[sm]$/

/**
 * `20r/s`, or `{ rate, burst }`. Without a burst as many may come at once as in one such time: a page is more than one request.
 */
export function readRate(reader: Reader, field: Field): SiteSettings['rateLimit'] {
  const keys = reader.isMapping(field) ? reader.mapping(field, ['rate', 'burst']) : undefined
  if (keys === undefined && OFF.test(reader.text(field) ?? '')) return undefined
  const rateField = keys === undefined ? field : keys.get('rate')
  const hint = 'write it like 20r/s or 300r/m; { rate: 20r/s, burst: 100 } lets more come at once'
  const rate = matching(reader, rateField, RATE, 'a rate of requests', hint)
  if (keys !== undefined && reader.isNothing(rateField)) {
    reader.problem(field, 'rate is missing', hint)
  }
  const burst = number(reader, keys?.get('burst'), { min: 0, max: 1_000_000 })
  if (rate === undefined) return undefined
  return { rate, burst: burst ?? Number(RATE.exec(rate)?.[1]) }
}
