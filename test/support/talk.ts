import { get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Site } from './ask.ts'
import { reasonOf, type Tally } from './tally.ts'

const PAUSE_MS = 50
/** Silence that is a failure: far more than a busy machine makes of it. */
const DEADLINE_MS = 60_000
const GOING_AWAY = 1001

/**
 * Sends message after message over a WebSocket and wants each one's echo. Opens it again when the server says that it
 * goes away, as browsers' libraries do; any other end is a failure.
 */
export async function talk({
  site,
  tally,
  signal,
}: {
  site: Site
  tally: Tally
  signal: AbortSignal
}): Promise<void> {
  const client = tally.client('WebSocket')
  let message = 0
  while (!signal.aborted) {
    const connection = connect(site)
    try {
      await connection.next('open')
      while (!signal.aborted) {
        const text = `message ${message}`
        const echo = await connection.say(text)
        if (!echo.endsWith(`: ${text}`)) throw new Error(`answered ${JSON.stringify(echo)}`)
        client.succeeded(echo.slice(0, -text.length - 2))
        message += 1
        await pause(PAUSE_MS)
      }
    } catch (error) {
      // the message under way goes over the next connection
      if (error instanceof GoingAway) tally.reconnected()
      else client.failed(reasonOf(error))
      await pause(PAUSE_MS)
    }
    connection.end()
  }
}

/** Reads server-sent events. Opens the stream again when the server ends it, as `EventSource` does; silence is a failure. */
export async function listen({
  site,
  tally,
  signal,
}: {
  site: Site
  tally: Tally
  signal: AbortSignal
}): Promise<void> {
  const client = tally.client('server-sent events')
  while (!signal.aborted) {
    try {
      await readEvents(site, signal, (version) => client.succeeded(version))
      if (!signal.aborted) tally.reconnected()
    } catch (error) {
      if (!signal.aborted) client.failed(reasonOf(error))
    }
    await pause(PAUSE_MS)
  }
}

/** Resolves when the server ends the stream in good order. */
function readEvents(
  { port, domain }: Site,
  signal: AbortSignal,
  heard: (version: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { host: domain, accept: 'text/event-stream' }
    const options = { host: '127.0.0.1', port, path: '/events', headers, agent: false, signal }
    const outgoing = get({ ...options, timeout: DEADLINE_MS }, (incoming) => {
      if (incoming.statusCode !== 200) reject(new Error(`status ${incoming.statusCode}`))
      incoming.setEncoding('utf8')
      incoming.on('data', (text: string) => {
        for (const [, version = ''] of text.matchAll(/data: (\S+)/g)) heard(version)
      })
      incoming.once('error', reject)
      incoming.once('end', resolve)
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error('the events fell silent')))
    outgoing.once('error', reject)
  })
}

class GoingAway extends Error {}

function connect({ port, domain }: Site) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { host: domain } })
  let cause: Error | undefined
  socket.on('error', (error) => (cause = error))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const next = (event: 'open' | 'message') =>
    Promise.race([
      new Promise<string>((resolve) =>
        socket.once(event, (data?: Buffer) => resolve(data?.toString() ?? '')),
      ),
      closed.then((code) => {
        throw code === GOING_AWAY ? new GoingAway() : (cause ?? new Error(`closed with ${code}`))
      }),
      pause(DEADLINE_MS, undefined, { ref: false }).then(() => {
        throw new Error(`no ${event} within ${DEADLINE_MS} ms`)
      }),
    ])
  return {
    next,
    say(text: string) {
      socket.send(text, () => undefined)
      return next('message')
    },
    end: () => socket.terminate(),
  }
}
