import type * as v from 'valibot'
import { readBeginning, readText } from '../../../protocol/read-body.ts'
import { MAX_REASON_BYTES, reasonOf } from '../../../protocol/registries/answers.ts'
import { readJson } from '../json.ts'

const DEADLINE_MS = 15_000
/** A token and what is said of it are a few thousand bytes. */
const MAX_BYTES = 256 * 1024

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
    text = response.ok
      ? await readText(response.body, MAX_BYTES)
      : await readBeginning(response.body, MAX_REASON_BYTES)
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

/** An answer in the form that it has to have. Throws an error that shows nothing of it: there may be half a secret in it. */
export function readAnswer<const S extends v.GenericSchema>(
  schema: S,
  text: string,
): v.InferOutput<S> {
  const read = readJson(schema, text)
  if (read === undefined) throw new Error('what was answered is not what it has to be')
  return read
}
