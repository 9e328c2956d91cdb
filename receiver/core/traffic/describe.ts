import type { Answers } from './answers.ts'
import type { Traffic } from './traffic.ts'

/** Traffic as answers show it: of the last minute, and of all requests that were over after the last swap. */
export interface DescribedTraffic extends DescribedAnswers {
  /** Until the app began to answer, of half of the requests and of 95 of 100. */
  p50_ms: number | null
  p95_ms: number | null
  swap: (DescribedAnswers & { deployment: string; at: string }) | null
}

interface DescribedAnswers {
  requests: number
  client_errors: number
  server_errors: number
}

export function describeTraffic(traffic: Traffic | undefined): DescribedTraffic | null {
  if (traffic === undefined) return null
  const { minute, swap } = traffic
  return {
    ...describe(minute),
    p50_ms: inMs(minute.p50),
    p95_ms: inMs(minute.p95),
    swap:
      swap === undefined ? null : { deployment: swap.deployment, at: swap.at, ...describe(swap) },
  }
}

const describe = ({ requests, clientErrors, serverErrors }: Answers): DescribedAnswers => ({
  requests,
  client_errors: clientErrors,
  server_errors: serverErrors,
})

const inMs = (seconds: number | undefined) =>
  seconds === undefined ? null : Math.round(seconds * 10_000) / 10

/** The last minute in a few words: `120/min, 2.5 % 4xx, 0.8 % 5xx, p50 12 ms, p95 80 ms`. */
export function inAMinute({
  requests,
  client_errors: clientErrors,
  server_errors: serverErrors,
  p50_ms: p50,
  p95_ms: p95,
}: DescribedTraffic): string {
  const share = (count: number, of: string) =>
    count === 0 ? [] : [`${percent(count / requests)} ${of}`]
  return [
    `${requests}/min`,
    ...share(clientErrors, '4xx'),
    ...share(serverErrors, '5xx'),
    ...(p50 === null || p95 === null ? [] : [`p50 ${rounded(p50)} ms`, `p95 ${rounded(p95)} ms`]),
  ].join(', ')
}

/** What visitors got after the last swap: `310 requests since the swap, none failed`. */
export function sinceSwap({ swap }: DescribedTraffic): string | undefined {
  if (swap === null) return undefined
  const { requests, server_errors: failed } = swap
  const one = requests === 1 ? 'request' : 'requests'
  return `${requests} ${one} since the swap, ${failed === 0 ? 'none' : failed} failed`
}

/** Of few among many it is never none. */
const percent = (share: number) => (share < 0.001 ? '< 0.1 %' : `${rounded(share * 100)} %`)

const rounded = (value: number) => (value < 10 ? Math.round(value * 10) / 10 : Math.round(value))
