import * as v from 'valibot'
import { readText } from '../../../protocol/read-body.ts'
import { printable } from '../../core/printable.ts'
import { shorten } from '../../core/shorten.ts'
import type { AppThere, FleetMember } from '../../core/fleet/fleet.ts'
import { proxiesFrom, proxyFor } from '../registry/proxy.ts'

/** It tells from its memory. */
const ANSWER_MS = 10_000
const CONNECT_MS = 5000
/** More than a hundred apps with all that is said of them. */
const MAX_BYTES = 4 * 1024 * 1024
const MOST_APPS = 500

const text = (length: number) =>
  v.pipe(
    v.string(),
    v.transform((said) => shorten(printable(said), length)),
  )
const Apps = v.object({
  apps: v.array(
    v.object({
      name: text(63),
      live: v.nullish(
        v.object({
          image: v.object({ tag: v.optional(text(128)), digest: v.optional(text(71)) }),
          live_at: v.optional(text(30)),
          source: v.optional(v.object({ release: v.optional(text(256)) })),
        }),
      ),
      current: v.nullish(v.object({ status: v.picklist(['queued', 'running']) })),
      last: v.nullish(v.object({ status: text(20) })),
    }),
  ),
})

/** Asks another receiver for its apps. Rejects with why it could not be asked, in words for people. */
export function createAskMember(
  env: NodeJS.ProcessEnv,
  { answerMs = ANSWER_MS }: { answerMs?: number } = {},
): (member: FleetMember) => Promise<readonly AppThere[]> {
  const proxies = proxiesFrom(env, undefined)
  return async ({ url, readToken }) => {
    const at = new URL(`${url}/apps`)
    const proxy = proxyFor(at, proxies)
    const { Agent, fetch, ProxyAgent } = await import('undici')
    const dispatcher =
      proxy === undefined
        ? new Agent({ connect: { timeout: CONNECT_MS }, pipelining: 0 })
        : new ProxyAgent({ uri: proxy.href })
    try {
      const signal = AbortSignal.timeout(answerMs)
      const answer = await fetch(at, {
        headers: { authorization: `Bearer ${readToken}`, accept: 'application/json' },
        // whoever is sent elsewhere would show a stranger the token
        redirect: 'manual',
        dispatcher,
        signal,
      })
      if (answer.status !== 200) throw new Error(refusalOf(answer.status))
      return appsIn(await readText(answer.body, MAX_BYTES))
    } catch (error) {
      throw new Error(whyOf(error), { cause: error })
    } finally {
      void dispatcher.destroy()
    }
  }
}

function appsIn(body: string): AppThere[] {
  const parsed = v.safeParse(Apps, parse(body))
  if (!parsed.success) throw new Error('its answer is not that of a receiver')
  return parsed.output.apps.slice(0, MOST_APPS).map(({ name, live, current, last }) => {
    const digest = live?.image.digest
    return {
      name,
      ...(live === null || live === undefined || digest === undefined
        ? {}
        : {
            live: {
              digest,
              ...(live.image.tag === undefined ? {} : { tag: live.image.tag }),
              ...(live.live_at === undefined ? {} : { since: live.live_at }),
              ...(live.source?.release === undefined ? {} : { release: live.source.release }),
            },
          }),
      ...(current === null || current === undefined ? {} : { underWay: current.status }),
      lastFailed: last?.status === 'failed',
    }
  })
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function refusalOf(status: number): string {
  if (status === 401 || status === 403) {
    return `it answers ${status}: read_token is none of its read_tokens`
  }
  if (status >= 300 && status < 400) return `it answers ${status}: write where that leads as url`
  return `it answers ${status}`
}

/** What a failed connection says stands in its cause. */
function whyOf(error: unknown): string {
  const { name, message, cause } = error as Error
  if (name === 'TimeoutError') return `no answer within ${ANSWER_MS / 1000} s`
  const { code = '', message: inner = '' } = (cause ?? {}) as Partial<NodeJS.ErrnoException>
  const said = inner === '' ? message : inner
  return shorten(printable(code === '' || said.includes(code) ? said : `${said} (${code})`), 200)
}
