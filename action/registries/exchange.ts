import { readBeginning } from '../../protocol/read-body.ts'
import { MAX_REASON_BYTES, reasonOf } from '../../protocol/registries/answers.ts'
import { ActionError } from '../error.ts'
import { explainNetworkError } from '../network-error.ts'
import { readText, send } from '../request.ts'
import { hide } from '../log.ts'

const ANSWER_TIMEOUT_MS = 30_000

/**
 * Posts to a service that gives credentials, and returns its answer's text.
 * @throws ActionError `login_failed`, with what the service said and `hint`.
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
    hint: string
    signal: AbortSignal
  },
): Promise<string> => {
  let status: number
  let text: string
  try {
    const answer = await send(url, {
      method: 'POST',
      headers,
      body,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      signal: AbortSignal.any([signal, AbortSignal.timeout(2 * ANSWER_TIMEOUT_MS)]),
    })
    status = answer.status
    text =
      status === 200 ? await readText(answer) : await readBeginning(answer.body, MAX_REASON_BYTES)
  } catch (cause) {
    if (signal.aborted) throw new ActionError('cancelled', 'cancelled while signing in', { cause })
    const { why } = explainNetworkError(cause, url)
    throw new ActionError('login_failed', `${what}: ${why}`, { hint, cause })
  }
  if (status === 200) return text
  throw new ActionError(
    'login_failed',
    `${what}: ${new URL(url).host} answered ${status}: ${reasonOf(text)}`,
    { hint },
  )
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
