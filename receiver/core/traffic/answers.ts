/** How many requests there were, and how many of them were answered with 4xx and with 5xx. */
export interface Answers {
  requests: number
  clientErrors: number
  serverErrors: number
}

export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const
export type StatusClass = (typeof STATUS_CLASSES)[number]
export type ByClass = Readonly<Record<StatusClass, number>>

export const classOf = (status: number): StatusClass =>
  STATUS_CLASSES[Math.floor(status / 100) - 1] ?? '5xx'

export const noAnswers = (): Record<StatusClass, number> => ({
  '1xx': 0,
  '2xx': 0,
  '3xx': 0,
  '4xx': 0,
  '5xx': 0,
})

/** Those between two counts. */
export function answersIn(until: ByClass, from: ByClass): Answers {
  const of = (kind: StatusClass) => until[kind] - from[kind]
  return {
    requests: STATUS_CLASSES.reduce((sum, kind) => sum + of(kind), 0),
    clientErrors: of('4xx'),
    serverErrors: of('5xx'),
  }
}
