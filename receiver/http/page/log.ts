import { html } from 'hono/html'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { LogEntry } from '../../core/slots/logs.ts'
import { printable } from '../../core/printable.ts'
import type { OpenLog } from '../admin/logs.ts'
import type { Html } from './text.ts'

/** A log that grows while one looks; without the script it has its last lines. */
export const logPage = (app: string, of: string, last: readonly string[]): Html =>
  html`<p class="crumbs"><a href="/page/apps/${app}">${app}</a></p>
    <h1>Log of ${app}${of === 'live' ? '' : html` <small><code>${of}</code></small>`}</h1>
    <p class="dim">
      The last lines, and what comes while you look.
      <code>deploy-receiver logs ${app} -f</code> shows the same.
    </p>
    <pre
      id="log"
      class="log"
      tabindex="0"
      role="log"
      aria-label="Log of ${app}"
      data-stream="/page/apps/${app}/logs/stream?of=${of}"
    >
${last.join('\n')}
</pre>`

/** A line as it is shown: what moves a cursor or turns the reading direction stands as its code. */
export const shownLine = (entry: LogEntry & { kind: 'line' }, replicas: number): string =>
  `${entry.at.slice(11, 19)} ${replicas > 1 ? `${entry.replica}| ` : ''}${printable(entry.text)}`

const HEARTBEAT_MS = 15_000

/** Sends lines as they come. Whoever reads slowly is waited for. */
export function streamLines(
  c: Context,
  { first, entries, end }: OpenLog,
  stopping: AbortSignal,
): Response {
  c.header('x-accel-buffering', 'no')
  return streamSSE(c, async (stream) => {
    stream.onAbort(end)
    stopping.addEventListener('abort', end, { once: true })
    const beat = setInterval(() => void stream.write(': still here\n\n'), HEARTBEAT_MS)
    let replicas = 1
    const tell = async (entry: LogEntry) => {
      if (entry.kind === 'of') replicas = entry.replicas
      else await stream.writeSSE({ data: shownLine(entry, replicas) })
    }
    try {
      if (first.done !== true) await tell(first.value)
      for await (const entry of entries) await tell(entry)
      if (stopping.aborted) return
      await stream.writeSSE({
        event: 'end',
        data: 'nothing more is written: the container has ended',
      })
    } finally {
      clearInterval(beat)
      end()
    }
  })
}
