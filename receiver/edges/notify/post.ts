import type { Dispatcher } from 'undici'
import { readBeginning } from '../../../protocol/read-body.ts'
import { DeliveryError } from '../../core/notify/delivery-error.ts'
import { printable } from '../../core/printable.ts'
import type { AddressKind, Reach } from '../../core/reach.ts'
import { shorten } from '../../core/shorten.ts'
import { lookupWithin, OutOfReach, requireReach, type ResolveName, resolveName } from '../reach.ts'
import { type Proxies, proxiesFrom, proxyFor } from '../registry/proxy.ts'
import { readRetryAfter } from '../retry-after.ts'

/** One message to an address. */
export interface Letter {
  url: string
  body: string
  headers?: Readonly<Record<string, string>>
  allowsPrivate: boolean
}

/** Posts JSON. Resolves to what was answered, in a line. Throws `DeliveryError`, in which nothing of the address stands but its host. */
export type Post = (letter: Letter, signal: AbortSignal) => Promise<string>

const CONNECT_MS = 10_000
const MAX_ANSWER_BYTES = 4096
const ANSWER_CHARACTERS = 200

/** Where targets may be. What gives a cloud's machines their credentials is none. */
export const reachOf = (allowsPrivate: boolean): Reach => (allowsPrivate ? ANY : PUBLIC)
const PUBLIC: Reach = new Set<AddressKind>(['public'])
const ANY: Reach = new Set<AddressKind>(['public', 'private', 'link-local', 'loopback'])

/** By the proxies of the environment, which resolve names themselves. Otherwise an address is looked at when it is connected to. */
export function createPost(
  env: NodeJS.ProcessEnv,
  { resolve = resolveName, ca }: { resolve?: ResolveName; ca?: string } = {},
): Post {
  const proxies = proxiesFrom(env, undefined)
  const dispatchers = new Map<string, Dispatcher>()
  const tls = ca === undefined ? {} : { ca }

  const dispatcherFor = async (url: URL, allowsPrivate: boolean): Promise<Dispatcher> => {
    const { Agent, ProxyAgent } = await import('undici')
    const proxy = proxyOf(url, proxies)
    const key = proxy?.href ?? String(allowsPrivate)
    const connect = { timeout: CONNECT_MS, ...tls }
    const dispatcher =
      dispatchers.get(key) ??
      (proxy === undefined
        ? new Agent({
            connect: { ...connect, lookup: lookupWithin(reachOf(allowsPrivate), resolve) },
          })
        : new ProxyAgent({ uri: proxy.href, requestTls: connect }))
    dispatchers.set(key, dispatcher)
    return dispatcher
  }

  return async ({ url: text, body, headers, allowsPrivate }, signal) => {
    const url = new URL(text)
    let status: number
    let said: string
    let retryAfterMs: number | undefined
    try {
      requireReach(url, reachOf(allowsPrivate))
      const { fetch } = await import('undici')
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'deploy-receiver',
          ...headers,
        },
        // whoever is sent elsewhere would tell a stranger
        redirect: 'manual',
        dispatcher: await dispatcherFor(url, allowsPrivate),
        signal,
      })
      status = response.status
      retryAfterMs = readRetryAfter(response.headers.get('retry-after'))
      said = await readBeginning(response.body, MAX_ANSWER_BYTES).catch(() => '')
    } catch (error) {
      throw unreachable(url.host, error, signal)
    }
    const [line = ''] = said.trim().split('\n')
    const words = shorten(printable(line), ANSWER_CHARACTERS)
    if (status >= 200 && status < 300) return words === '' ? String(status) : `${status} ${words}`
    throw refused(url.host, { status, words, retryAfterMs })
  }
}

/** Read where it is used, so that a wrong one fails this request alone. */
function proxyOf(url: URL, proxies: Proxies): URL | undefined {
  try {
    return proxyFor(url, proxies)
  } catch (cause) {
    const { message, hint } = cause as Error & { hint?: string }
    throw new DeliveryError(message, { ...(hint === undefined ? {} : { hint }), cause })
  }
}

/** With these, the same message is refused whenever it is sent. */
const REFUSES_FOR_GOOD: ReadonlySet<number> = new Set([400, 413, 415, 422])

function refused(
  host: string,
  {
    status,
    words,
    retryAfterMs,
  }: { status: number; words: string; retryAfterMs?: number | undefined },
): DeliveryError {
  const isRedirect = status >= 300 && status < 400
  const hint = isRedirect
    ? 'redirects are not followed: write the address that it leads to'
    : HINTS[status]
  return new DeliveryError(`${host} answered ${status}${words === '' ? '' : `: ${words}`}`, {
    isFinal: REFUSES_FOR_GOOD.has(status),
    retryAfterMs,
    ...(hint === undefined ? {} : { hint }),
  })
}

const GONE =
  'the address is not known there any more, or never was: make a new one, and write it into the config'
const HINTS: Readonly<Record<number, string>> = {
  401: 'it does not take the credentials of the address: make a new one',
  403: 'it does not let us write there: look at the channel, and make a new address',
  404: GONE,
  410: GONE,
}

/** Why a target was not reached, by HTTP or SMTP. */
export function unreachable(host: string, error: unknown, signal: AbortSignal): DeliveryError {
  if (error instanceof DeliveryError) return error
  const cause = causeOf(error)
  if (cause instanceof OutOfReach) {
    return new DeliveryError(`${host} was not asked: ${cause.message}`, {
      hint: PRIVATE,
      cause: error,
    })
  }
  if (signal.aborted) return new DeliveryError(`${host} does not answer in time`, { cause: error })
  return new DeliveryError(`${host} cannot be reached: ${cause.message}`, { cause: error })
}

const PRIVATE =
  'allow_private: true on this target lets it be there; what gives a cloud’s machines their credentials is never asked'

/** The innermost error has the words. */
function causeOf(error: unknown): Error {
  let inner = error
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause
  if (inner instanceof AggregateError && inner.errors[0] instanceof Error) return inner.errors[0]
  return inner instanceof Error ? inner : new Error(String(inner))
}
