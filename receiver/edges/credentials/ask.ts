import { reasonOf } from '../../../protocol/registries/answers.ts'

const DEADLINE_MS = 15_000

/** One request to a service that gives credentials. Rejects with what it said, in words that hold no secret that was sent. */
export async function ask(
  url: string,
  init: { method?: string; headers?: Record<string, string>; body?: string },
  {
    fetch,
    signal,
    deadlineMs = DEADLINE_MS,
  }: { fetch: typeof globalThis.fetch; signal: AbortSignal; deadlineMs?: number },
): Promise<string> {
  const { host } = new URL(url)
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
    })
    text = await response.text()
  } catch (error) {
    signal.throwIfAborted()
    const cause = error instanceof Error ? (error.cause ?? error) : error
    throw new Error(
      `${host} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause: error },
    )
  }
  if (response.ok) return text
  throw new Error(`${host} answered ${response.status}: ${reasonOf(text)}`)
}
