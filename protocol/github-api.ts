import { readText } from './read-body.ts'

const ANSWER_TIMEOUT_MS = 15_000
/** Longest answer that is read, in bytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024

/**
 * A fetch for Octokit, which reads an answer whole, however long it is and takes: of this one the answer has come within 15 s and 4 MiB,
 * or it throws `TimeoutError` or `BodyTooLong`.
 */
export const boundedFetch =
  (ask: typeof fetch): typeof fetch =>
  async (url, options) => {
    const signals = [
      AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      ...(options?.signal ? [options.signal] : []),
    ]
    const { body, status, statusText, headers } = await ask(url, {
      ...options,
      signal: AbortSignal.any(signals),
    })
    const text = await readText(body, MAX_ANSWER_BYTES)
    return new Response(text || null, { status, statusText, headers: [...headers] })
  }

/** For Octokit's throttling: a limit of GitHub's is waited for once, and no longer than so many seconds. */
export const waitOnce =
  (maxSeconds: number) =>
  (waitSeconds: number, _options: unknown, _octokit: unknown, retryCount: number): boolean =>
    waitSeconds <= maxSeconds && retryCount === 0
