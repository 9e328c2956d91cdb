import { createHash, randomUUID } from 'node:crypto'
import { MAX_ID_CHARACTERS } from '../protocol/hook.ts'
import type { RunContext } from './context.ts'

/**
 * The key by which a receiver takes a hook once: of this attempt of this step for this app, so that a retry within it is the same
 * and everything else is another. A runner whose run ids repeat (act) gets a random one, or what the workflow gives.
 */
export const idempotencyKey = (given: string, run: RunContext, app: string): string => {
  if (given !== '') return asHeader(given)
  const { runId, runAttempt, job, step, hasOwnRunIds } = run
  return asHeader(
    [hasOwnRunIds && runId !== '' ? runId : randomUUID(), runAttempt, job, step, app]
      .filter((part) => part !== '')
      .join(':'),
  )
}

/** Visible characters without a dot (Standard Webhooks), as many as a receiver takes; what is left out lives on in a hash. */
function asHeader(key: string): string {
  const plain = key.replace(/[^\w:-]/g, '-')
  if (plain === key && key.length <= MAX_ID_CHARACTERS) return key
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16)
  return `${plain.slice(0, MAX_ID_CHARACTERS - hash.length - 1)}-${hash}`
}
