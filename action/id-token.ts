import { setTimeout as pause } from 'node:timers/promises'
import { ActionError } from './error.ts'
import { explainNetworkError, readText, send } from './http.ts'
import { setSecret } from './runner.ts'

const ANSWER_TIMEOUT_MS = 15_000
const PAUSES_MS = [500, 2000, 5000]

/**
 * GitHub's OIDC token for an audience, masked (docs.github.com, "OpenID Connect reference", methods for requesting the token).
 * @param purpose what it is for, for the error: `sign the hook …`
 * @throws ActionError `no_id_token`, with the permission that is missing.
 */
export const idToken = async (
  audience: string,
  purpose: string,
  signal: AbortSignal = AbortSignal.timeout(60_000),
): Promise<string> => {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: base, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer = '' } =
    process.env
  if (!base) throw missing(purpose)
  const url = `${base}&audience=${encodeURIComponent(audience)}`
  for (let attempt = 0; ; attempt++) {
    const { token, why } = await ask(url, bearer, signal)
    if (token !== undefined) {
      setSecret(token)
      return token
    }
    const pauseMs = PAUSES_MS[attempt]
    if (pauseMs === undefined) {
      throw new ActionError('no_id_token', `GitHub's OIDC token could not be had: ${why}`, {
        hint: 'Run the job again; see https://www.githubstatus.com.',
      })
    }
    await pause(pauseMs, undefined, { signal }).catch((error: unknown) => {
      // its reason says more than that it was aborted
      signal.throwIfAborted()
      throw error
    })
  }
}

/** Whether GitHub gives this job tokens; else an error says what is missing. */
export const requireIdToken = (purpose: string): void => {
  if (!process.env['ACTIONS_ID_TOKEN_REQUEST_URL']) throw missing(purpose)
}

const missing = (purpose: string): ActionError =>
  new ActionError('no_id_token', `GitHub gives this job no OIDC token to ${purpose}`, {
    hint: 'Add "permissions: { id-token: write }" to the job (and contents: read, packages: write as needed; a pull request from a fork never gets one), or give a secret or password instead.',
  })

async function ask(
  url: string,
  bearer: string,
  signal: AbortSignal,
): Promise<{ token?: string; why: string }> {
  try {
    const answer = await send(url, {
      method: 'GET',
      headers: { authorization: `Bearer ${bearer}`, accept: 'application/json' },
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      signal: AbortSignal.any([signal, AbortSignal.timeout(2 * ANSWER_TIMEOUT_MS)]),
    })
    const text = await readText(answer)
    if (answer.status !== 200) return { why: `it answered ${answer.status}` }
    const { value } = (JSON.parse(text) ?? {}) as { value?: unknown }
    return typeof value === 'string'
      ? { token: value, why: '' }
      : { why: 'its answer has no token' }
  } catch (error) {
    signal.throwIfAborted()
    return { why: explainNetworkError(error, url).why }
  }
}
