import { reasonOf } from '../../protocol/registries/answers.ts'
import { ActionError } from '../error.ts'
import { explainNetworkError, readText, send } from '../http.ts'

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
  let answer
  try {
    answer = await send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      body: Buffer.from(body),
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      signal,
    })
  } catch (cause) {
    if (signal.aborted) throw new ActionError('cancelled', 'cancelled while signing in', { cause })
    const { why } = explainNetworkError(cause, url)
    throw new ActionError('login_failed', `${what}: ${why}`, { hint, cause })
  }
  const text = await readText(answer)
  if (answer.status === 200) return text
  throw new ActionError(
    'login_failed',
    `${what}: ${new URL(url).host} answered ${answer.status}: ${reasonOf(text)}`,
    {
      hint,
    },
  )
}
