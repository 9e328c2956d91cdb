import { type Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** A site behind a private Nginx: where it listens, and its name there. */
export interface Site {
  /** 127.0.0.1 unless said otherwise. */
  host?: string
  port: number
  domain: string
}

export interface Reply {
  status: number
  body: string
}

/** One request. Throws what the connection throws; any status is an answer. */
export function ask(
  { host = '127.0.0.1', port, domain }: Site,
  {
    agent,
    method = 'GET',
    path = '/',
    body,
    authorization,
    timeoutMs = 60_000,
  }: {
    agent?: Agent
    method?: string
    path?: string
    body?: Buffer
    authorization?: string
    timeoutMs?: number
  } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: domain,
      ...(body && { 'content-length': body.length }),
      ...(authorization !== undefined && { authorization }),
    }
    const outgoing = request(
      {
        host,
        port,
        method,
        path,
        headers,
        timeout: timeoutMs,
        // a connection that is kept may be closed by a reload of Nginx in this very moment
        agent: agent ?? false,
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.once('error', reject)
        incoming.once('end', () =>
          resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        )
      },
    )
    outgoing.once('timeout', () =>
      outgoing.destroy(new Error(`no answer within ${timeoutMs} ms from ${method} ${path}`)),
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The `version` that the hello service answers with; nothing when it is no such answer. */
export function versionOf({ status, body }: Reply): string | undefined {
  if (status !== 200) return undefined
  const said: unknown = JSON.parse(body)
  if (typeof said !== 'object' || said === null || !('version' in said)) return undefined
  return String(said.version)
}

/**
 * Asks every few milliseconds until the site answers with that version.
 * @returns when the answer was there, in milliseconds since the epoch.
 */
export async function firstAnswer(
  site: Site,
  version: string,
  { agent, signal }: { agent: Agent; signal: AbortSignal },
): Promise<number> {
  for (;;) {
    signal.throwIfAborted()
    const reply = await ask(site, { agent }).catch(() => undefined)
    if (reply !== undefined && versionOf(reply) === version) {
      return performance.timeOrigin + performance.now()
    }
    await pause(3)
  }
}
