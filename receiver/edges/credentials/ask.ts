const DEADLINE_MS = 15_000
const MAX_SHOWN = 300

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
  const said =
    /"(?:error_description|message|Message|detail)"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ??
    /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ??
    text
  throw new Error(
    `${host} answered ${response.status}: ${
      said
        .replace(/\\[rn]|\s+/g, ' ')
        .trim()
        .slice(0, MAX_SHOWN) || 'nothing'
    }`,
  )
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' } as const
export const form = (values: Readonly<Record<string, string>>): string =>
  new URLSearchParams(values).toString()
