import { decodeJwt } from 'jose'
import { readBeginning } from '../../protocol/read-body.ts'
import { MAX_REASON_BYTES, reasonOf } from '../../protocol/registries/answers.ts'
import { ActionError } from '../error.ts'
import { explainNetworkError } from '../network-error.ts'
import { readText, type Request, send } from '../request.ts'
import { hide } from '../log.ts'

const DEADLINE_MS = 60_000

/**
 * Posts to a service that gives credentials, and returns its answer's text.
 * @throws ActionError `login_failed`, with what the service said and what to do.
 */
export const exchange = async (
  url: string,
  {
    headers,
    body,
    what,
    hint,
    signal,
  }: {
    headers: Readonly<Record<string, string>>
    body: string
    /** What failed, for the error: `the role … cannot be assumed`. */
    what: string
    /** What to do, given what the service said. */
    hint: string | ((why: string) => string)
    signal: AbortSignal
  },
): Promise<string> => {
  try {
    return await ask(url, { method: 'POST', headers, body }, { signal })
  } catch (cause) {
    if (signal.aborted) throw new ActionError('cancelled', 'cancelled while signing in', { cause })
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ActionError('login_failed', `${what}: ${why}`, {
      hint: typeof hint === 'string' ? hint : hint(why),
      cause,
    })
  }
}

/** One request to a service that gives credentials. Rejects, with why in plain words, unless it is answered with 200. */
export const ask = async (
  url: string,
  request: Pick<Request, 'method' | 'headers' | 'body' | 'isDirect'>,
  { signal, deadlineMs = DEADLINE_MS }: { signal: AbortSignal; deadlineMs?: number },
): Promise<string> => {
  let status: number
  let text: string
  try {
    const answer = await send(url, {
      ...request,
      answerTimeoutMs: deadlineMs / 2,
      signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
    })
    status = answer.status
    text =
      status === 200 ? await readText(answer) : await readBeginning(answer.body, MAX_REASON_BYTES)
  } catch (cause) {
    throw new Error(explainNetworkError(cause, url).why, { cause })
  }
  if (status === 200) return text
  throw new Error(`${new URL(url).host} answered ${status}: ${reasonOf(text)}`)
}

/** How long a login is taken to last where nobody says, in milliseconds. */
const UNTOLD_MS = 4 * 60_000

/**
 * When the login in an answer ends, in Unix milliseconds: by `expires_in` (RFC 6749, section 5.1), Google's `expireTime`, or the
 * refresh token itself, which is a JWT with Azure.
 */
export const endOf = (answer: string, now = Date.now()): number => {
  const times = [
    now + Number(fieldOf(answer, 'expires_in')) * 1000,
    Date.parse(String(fieldOf(answer, 'expireTime'))),
    endOfToken(fieldOf(answer, 'refresh_token')),
  ]
  return times.find(Number.isFinite) ?? now + UNTOLD_MS
}

function endOfToken(token: unknown): number {
  try {
    return Number(decodeJwt(String(token)).exp) * 1000
  } catch {
    return NaN
  }
}

/**
 * A secret out of what `from` answered, which is masked.
 * @throws ActionError `login_failed` when it is not there; what was answered is not shown.
 */
export const readSecret = (text: string, name: string, from: string): string => {
  const value = fieldOf(text, name)
  if (typeof value !== 'string' || value === '') {
    throw new ActionError('login_failed', `${from} answered without ${name}`)
  }
  hide(value)
  return value
}

const fieldOf = (text: string, name: string): unknown => {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null)?.[name]
  } catch {
    return undefined
  }
}
