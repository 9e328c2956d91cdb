import type { Deployment, DeploymentError, DeploymentEvent } from '../../protocol/deployment.ts'
import type { Journal } from './journal.ts'
import { lineOf, type Report } from './log.ts'
import type { Redact } from './redaction/redact.ts'
import { shorten } from './shorten.ts'

/** Of what failed: its words come from anywhere. */
const MAX_MESSAGE_CHARACTERS = 2048

/** Hears of an event once it is durable, with the deployment that it made. What it throws is reported, and holds nothing up. */
export type Listener = (deployment: Deployment, event: DeploymentEvent) => void

/** The way of every event. */
export interface Events {
  append: Journal['append']
  /** All events of `work` are durable together, and heard of afterwards; or none are. */
  transaction<T>(work: () => T): T
  /** Does it once all is durable that the transaction around it keeps, in its turn among the events; never, if that is taken back. */
  afterwards(work: () => void): void
}

/**
 * The one place that every event of every deployment passes: secrets are taken out of its texts, it is kept, and as soon as
 * that is durable, all who listen hear of it, in order.
 */
export function createEvents({
  keep,
  transaction,
  redactFor,
  alongside = () => {},
  listeners,
  report,
}: {
  /** Keeps an event and folds it into its deployment. */
  keep: Journal['append']
  /** The store's; one within another is a part of that. */
  transaction<T>(work: () => T, options?: { durable: boolean }): T
  /** For the texts of a deployment, by its id. */
  redactFor: (id: string) => Redact
  /**
   * Keeps what follows from an event, in its transaction: one is not durable without the other. What it throws is reported, and the event
   * is kept all the same.
   */
  alongside?: Listener
  listeners: readonly Listener[]
  report: Report
}): Events {
  const kept: (() => void)[] = []
  let depth = 0
  let telling = false

  const tell = () => {
    // a listener that keeps an event itself is told of it in its turn
    if (telling) return
    telling = true
    try {
      for (let next = kept.shift(); next !== undefined; next = kept.shift()) next()
    } finally {
      telling = false
    }
  }

  const hear = (deployment: Deployment, event: DeploymentEvent) => {
    for (const listener of listeners) {
      try {
        listener(deployment, event)
      } catch (error) {
        report('a listener failed', { ...lineOf(deployment), event: event.type, error })
      }
    }
  }

  const inTransaction = <T>(work: () => T, options?: { durable: boolean }): T => {
    const before = kept.length
    depth += 1
    let result
    try {
      result = transaction(work, options)
    } catch (error) {
      // what was not kept did not happen
      kept.length = before
      throw error
    } finally {
      depth -= 1
    }
    if (depth === 0) tell()
    return result
  }

  const events: Events = {
    transaction: (work) => inTransaction(work),
    append: (id, event, options) =>
      inTransaction(
        () => {
          const safe = withoutSecrets(event, redactFor(id))
          const deployment = keep(id, safe, options)
          try {
            alongside(deployment, safe)
          } catch (error) {
            report('what follows from an event was not kept', { ...lineOf(deployment), error })
          }
          kept.push(() => hear(deployment, safe))
          return deployment
        },
        { durable: !isSeenAnew(event) },
      ),
    afterwards(work) {
      kept.push(() => {
        try {
          work()
        } catch (error) {
          report('a listener failed', { error })
        }
      })
      if (depth === 0) tell()
    },
  }
  return events
}

/**
 * Whether nothing is lost with it when the power fails in the next moment: whoever goes on then sees that it is so, or does it again. It
 * goes to the disk soon, which nobody waits for; a process that dies loses none.
 */
const isSeenAnew = (event: DeploymentEvent): boolean =>
  event.type === 'started' ||
  event.type === 'image' ||
  event.type === 'progress' ||
  (event.type === 'step' && event.status !== 'failed')

/** Only texts for people are touched: a secret may be a word that stands for a status or a step, too. */
function withoutSecrets(event: DeploymentEvent, redact: Redact): DeploymentEvent {
  switch (event.type) {
    case 'step':
      return {
        ...event,
        ...(event.message === undefined ? {} : { message: short(redact(event.message)) }),
        ...safeError(event.error, redact),
      }
    case 'progress':
      return { ...event, message: short(redact(event.message)) }
    case 'finished':
      return { ...event, ...safeError(event.error, redact) }
    case 'started':
    case 'image':
    case 'live':
      return event
  }
}

function safeError(
  error: DeploymentError | undefined,
  redact: Redact,
): { error?: DeploymentError } {
  if (error === undefined) return {}
  const { message, hint, log } = error
  return {
    error: {
      ...error,
      message: short(redact(message)),
      ...(hint === undefined ? {} : { hint: short(redact(hint)) }),
      ...(log === undefined ? {} : { log: redact(log) }),
    },
  }
}

// after the secrets are out: a cut within one would show its beginning
const short = (text: string) => shorten(text, MAX_MESSAGE_CHARACTERS)
