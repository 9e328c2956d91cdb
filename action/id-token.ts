import { setTimeout as pause } from 'node:timers/promises'
import { getIDToken } from '@actions/core'
import { ActionError } from './error.ts'
import { plainLines } from './log.ts'

const ANSWER_TIMEOUT_MS = 15_000
const PAUSES_MS = [500, 2000, 5000]
/** Of what GitHub said, in characters. */
const MAX_REASON = 300

/**
 * GitHub's OIDC token for an audience, masked (docs.github.com, "OpenID Connect reference", methods for requesting the token).
 * @param purpose what it is for, for the error: `sign the hook …`
 * @throws ActionError `no_id_token`, with the permission that is missing.
 */
export const idToken = async (
  audience: string,
  purpose: string,
  signal: AbortSignal,
): Promise<string> => {
  requireIdToken(purpose)
  for (let attempt = 0; ; attempt++) {
    try {
      return await within(ANSWER_TIMEOUT_MS, signal, getIDToken(audience))
    } catch (cause) {
      // its reason says more than that it was aborted
      signal.throwIfAborted()
      const pauseMs = PAUSES_MS[attempt]
      if (pauseMs === undefined) {
        throw new ActionError(
          'no_id_token',
          `GitHub's OIDC token could not be had: ${why(cause)}`,
          {
            hint: 'Run the job again; see https://www.githubstatus.com.',
            cause,
          },
        )
      }
      await pause(pauseMs, undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted()
        throw error
      })
    }
  }
}

/** Whether GitHub gives this job tokens; else an error says what is missing. */
export const requireIdToken = (purpose: string): void => {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env
  if (url && token) return
  throw new ActionError('no_id_token', `GitHub gives this job no OIDC token to ${purpose}`, {
    hint: 'Add "permissions: { id-token: write }" to the job (and contents: read, packages: write as needed; a pull request from a fork never gets one), or give a secret or password instead.',
  })
}

/** The toolkit waits three minutes for an answer, and for ever for the rest of one that was cut. */
async function within<T>(ms: number, signal: AbortSignal, work: Promise<T>): Promise<T> {
  const ended = new AbortController()
  const late = pause(ms, undefined, { signal: AbortSignal.any([signal, ended.signal]) }).then(
    () => {
      throw new Error(`no answer within ${ms / 1000} s`)
    },
  )
  try {
    return await Promise.race([work, late])
  } finally {
    ended.abort()
    work.catch(() => {})
    late.catch(() => {})
  }
}

const why = (error: unknown): string =>
  plainLines(error instanceof Error ? error.message : String(error))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')
    .slice(0, MAX_REASON)
