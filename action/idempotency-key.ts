import { createHash, randomUUID } from 'node:crypto'
import { MAX_ID_CHARACTERS } from '../protocol/hook.ts'
import type { RunContext } from './context.ts'

/**
 * The key by which a receiver takes a hook once: of this attempt of this step for this app, so that a retry within it is the same
 * and everything else is another. A runner whose run ids repeat (act) gets a random one, or what the workflow gives.
 */
export const idempotencyKey = (given: string, run: RunContext, app: string): string =>
  given === '' ? asHeader(joined(partsOf(run), app)) : asHeader(given)

/** The key of what takes a deployment back. */
export const undoingKey = (key: string): string => asHeader(`${key}:back`)

/** One id for what goes to several receivers, as a key without the app. */
export const releaseId = (given: string, run: RunContext): string =>
  given === '' ? asHeader(joined(partsOf(run))) : asHeader(given)

const partsOf = ({ runId, runAttempt, job, step, hasOwnRunIds }: RunContext): string =>
  joined(hasOwnRunIds && runId !== '' ? runId : randomUUID(), runAttempt, job, step)

const joined = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join(':')

/** Visible characters without a dot (Standard Webhooks), as many as a receiver takes; what is left out lives on in a hash. */
function asHeader(key: string): string {
  const plain = key.replace(/[^\w:-]/g, '-')
  if (plain === key && key.length <= MAX_ID_CHARACTERS) return key
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16)
  return `${plain.slice(0, MAX_ID_CHARACTERS - hash.length - 1)}-${hash}`
}
