import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { DeliveryError } from './delivery-error.ts'
import type { Entry, Outbox } from './outbox.ts'

export interface CourierPorts {
  outbox: Outbox
  /** Tells a target. Throws `DeliveryError`; `undefined` when there is no such target any more. */
  send(entry: Entry, signal: AbortSignal): Promise<'told' | undefined>
  clock: Clock
  log: Log
  /** From 0 to 1. */
  random: () => number
}

export interface Courier {
  /** Something may have been put in. */
  wake(): void
  /** Targets may be others: what waits is told at once. */
  hurry(): void
  /** Resolves when it has stopped, after the signal. */
  stopped(): Promise<void>
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** After each attempt in vain; then as after the last one. */
const PAUSES_MS = [5000, 15_000, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS]
/** Older news are no help. */
const TOLD_WITHIN_MS = 3 * 24 * HOUR_MS
/** Longest that a target may have itself left alone. */
const LONGEST_PAUSE_MS = 6 * HOUR_MS
/** When nothing can be kept of what was told, that is tried again. */
const STORE_PAUSE_MS = MINUTE_MS
/** Longest that telling one thing may take. */
const ATTEMPT_MS = 30_000

/**
 * Tells targets what waits for them in the outbox, each in order and none waiting for another. What one does not take now it is told again
 * later, for three days. Told twice is what the receiver ended at before it could note it: it has the same id then.
 */
export function startCourier(
  { outbox, send, clock, log, random }: CourierPorts,
  signal: AbortSignal,
): Courier {
  const busy = new Map<string, Promise<void>>()
  let woken = new AbortController()
  /** Told, and not yet noted. */
  const unnoted = new Set<number>()

  const work = async (target: string): Promise<void> => {
    for (let entry = outbox.next(target); entry !== undefined; entry = outbox.next(target)) {
      signal.throwIfAborted()
      const waits = waitOf(entry)
      if (waits > 0) {
        await clock.sleep(waits, AbortSignal.any([signal, woken.signal])).catch(() => {})
        continue
      }
      await attempt(entry)
    }
  }

  /** By the wall clock, which may have been set: never longer than it was to be. */
  const waitOf = ({ triedAt, waitMs }: Entry) =>
    triedAt === undefined ? 0 : Math.min(waitMs, waitMs - clock.since(triedAt))

  const attempt = async (entry: Entry): Promise<void> => {
    const { number, target } = entry
    try {
      const late = clock.timeout(ATTEMPT_MS)
      const told = unnoted.has(number) || (await send(entry, AbortSignal.any([signal, late])))
      if (told === undefined) {
        drop(entry, 'it is not in the config any more')
        return
      }
    } catch (error) {
      signal.throwIfAborted()
      failed(entry, error)
      return
    }
    unnoted.add(number)
    outbox.told(number, clock.now())
    unnoted.delete(number)
    if (entry.attempts > 0) log('info', `${target} is told again`, { target, id: entry.id })
  }

  const failed = (entry: Entry, error: unknown) => {
    const { number, target, attempts, at } = entry
    const { message: why, hint, isFinal, retryAfterMs = 0 } = asDeliveryError(error)
    const pause = PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)] ?? HOUR_MS
    // many receivers must not come back at the same moment
    const jittered = pause * (0.8 + 0.4 * random())
    const waitMs = Math.round(Math.max(jittered, Math.min(retryAfterMs, LONGEST_PAUSE_MS)))
    if (isFinal || clock.since(at) + waitMs > TOLD_WITHIN_MS) {
      drop(entry, why, hint)
      return
    }
    outbox.failed(number, { at: clock.now(), waitMs, why })
    if (attempts > 0) return
    log('warn', `${target} was not told: ${why}`, { target, id: entry.id, hint, waitMs })
  }

  const drop = ({ number, target, id, attempts }: Entry, why: string, hint?: string) => {
    outbox.dropped(number, { at: clock.now(), why })
    log('error', `news for ${target} were dropped: ${why}`, {
      target,
      id,
      attempts: attempts + 1,
      hint: hint ?? 'deploy-receiver notify test tries the targets',
    })
  }

  const run = async (target: string): Promise<void> => {
    while (!signal.aborted) {
      try {
        return await work(target)
      } catch (error) {
        if (signal.aborted) return
        log('error', `what waits for ${target} cannot be read or noted: trying again`, { error })
        await clock.sleep(STORE_PAUSE_MS, signal).catch(() => {})
      }
    }
  }

  const wake = () => {
    if (signal.aborted) return
    for (const target of outbox.targets()) {
      if (busy.has(target)) continue
      const telling = run(target).finally(() => busy.delete(target))
      busy.set(target, telling)
    }
  }
  return {
    wake,
    hurry() {
      for (const target of outbox.targets()) outbox.hurry(target)
      const before = woken
      woken = new AbortController()
      before.abort()
      wake()
    },
    async stopped() {
      await Promise.all(busy.values())
    },
  }
}

const asDeliveryError = (error: unknown): DeliveryError =>
  error instanceof DeliveryError
    ? error
    : new DeliveryError(error instanceof Error ? error.message : String(error), { cause: error })
