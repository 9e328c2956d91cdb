import * as v from 'valibot'
import { Accepted, Deployment } from '../protocol/deployment.ts'
import type { HookBody } from '../protocol/hook.ts'
import { ActionError } from './error.ts'
import type { HookTarget } from './hook-target.ts'
import type { Answer } from './request.ts'
import { explainNetworkError, isPassing } from './network-error.ts'
import { readText, send } from './request.ts'
import { hide, say } from './log.ts'
import { rejected } from './rejection.ts'
import type { Authorize } from './signing.ts'

/** What the receiver made of a hook. `follow` is absent where there is nothing to follow. */
export type HookOutcome =
  | { kind: 'accepted'; deployment: Deployment; follow?: Accepted['follow'] }
  /** A receiver that only says yes, as Azure App Service; of a preview that goes, what it says to that. */
  | { kind: 'taken'; status: number; said?: string }

export interface Delivery {
  target: HookTarget
  /** Its `id` is the idempotency key. */
  body: HookBody & { id: string }
  authorize: Authorize
  signal: AbortSignal
  /** Resolves after so many milliseconds, rejects when the signal aborts. */
  pause: (ms: number) => Promise<void>
}

/** Pauses between the tries: 6 of them within a minute and a half. */
const PAUSES_MS = [1000, 2000, 5000, 15_000, 60_000]

/** A hook is answered as soon as it is stored. */
const ANSWER_TIMEOUT_MS = 30_000

const RETRIED_STATUSES = new Set([429, 502, 503, 504])

/** A conflict with a time to wait ends by itself: a preview that is being taken away. */
const isWorthAnotherTry = ({ status, headers }: Heard): boolean =>
  RETRIED_STATUSES.has(status) || (status === 409 && headers['retry-after'] !== undefined)

/**
 * Posts a hook, and again when nobody answered or the answer was 429, 502, 503, 504, or 409 with `Retry-After`. Each try has the
 * same bytes and the same idempotency key, so that a hook that did arrive starts nothing twice.
 * @throws ActionError `unreachable`, `rejected`, `bad_answer`, `no_id_token`, `cancelled`.
 */
export const postHook = async (delivery: Delivery): Promise<HookOutcome> => {
  const { url } = delivery.target
  const body = JSON.stringify(delivery.body)
  for (let attempt = 0; ; attempt++) {
    const pauseMs = PAUSES_MS[attempt]
    const answer = await tryOnce(delivery, body)
    if ('error' in answer) {
      const { why, hint } = explainNetworkError(answer.error, url)
      if (pauseMs === undefined || !isPassing(answer.error)) {
        throw new ActionError('unreachable', why, { hint, cause: answer.error })
      }
      say(`${why}; trying again in ${pauseMs / 1000} s`)
      await delivery.pause(pauseMs)
      continue
    }
    if (isWorthAnotherTry(answer) && pauseMs !== undefined) {
      const waitMs = retryAfterMs(answer.headers['retry-after']) ?? pauseMs
      say(`${url} answered ${answer.status}; trying again in ${Math.ceil(waitMs / 1000)} s`)
      await delivery.pause(waitMs)
      continue
    }
    if (answer.status < 200 || answer.status > 299) {
      throw rejected({ ...answer, url, app: delivery.target.app })
    }
    return readOutcome(answer, delivery)
  }
}

type Heard = Pick<Answer, 'status' | 'headers'> & { text: string }

async function tryOnce(delivery: Delivery, body: string): Promise<Heard | { error: unknown }> {
  const headers = await delivery.authorize(Buffer.from(body), delivery.body.id, delivery.signal)
  try {
    const answer = await send(delivery.target.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, application/problem+json',
        ...headers,
      },
      body,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      signal: AbortSignal.any([delivery.signal, AbortSignal.timeout(2 * ANSWER_TIMEOUT_MS)]),
    })
    return { status: answer.status, headers: answer.headers, text: await readText(answer) }
  } catch (error) {
    if (delivery.signal.aborted) {
      throw new ActionError('cancelled', 'cancelled while the hook was posted', { cause: error })
    }
    return { error }
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), at most two minutes. */
export const retryAfterMs = (value: string | undefined, now = Date.now()): number | undefined => {
  if (value === undefined) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 120_000)
}

const Taken = v.object({ deployment: Deployment, follow: v.optional(Accepted.entries.follow) })

/** The answer to what makes no deployment. */
const Told = v.object({ result: v.string(), detail: v.string() })

/** What has to be hidden, also in an answer that is not one otherwise: its beginning is shown. */
const WithToken = v.object({ follow: v.object({ token: v.string() }) })

function readOutcome({ status, text }: Heard, { target, body }: Delivery): HookOutcome {
  const answer = parseJson(text)
  if (v.is(WithToken, answer)) hide(answer.follow.token)
  const parsed = v.safeParse(Taken, answer)
  if (parsed.success) {
    const { deployment, follow } = parsed.output
    return { kind: 'accepted', deployment, ...(follow && { follow }) }
  }
  if (body.remove === true && v.is(Told, answer)) {
    return { kind: 'taken', status, said: `${answer.result}: ${answer.detail}` }
  }
  if (target.basic !== undefined) return { kind: 'taken', status }
  const shown = text.trim() === '' ? 'nothing' : text.trim().slice(0, 200)
  throw new ActionError(
    'bad_answer',
    `${target.url} answered ${status} with no deployment: ${shown}`,
    {
      hint: 'Check that url is the hook of a deploy-receiver ("deploy-receiver hook" prints it).',
    },
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
