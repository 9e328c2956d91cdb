import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { shorten } from '../../core/shorten.ts'
import type { LogLine } from '../../core/slots/printed.ts'
import { payloadsOf } from '../docker/frames.ts'
import { LINE_BYTES, linesOf } from '../docker/lines.ts'
import { escapeControls } from '../docker/log.ts'

const MAX_LINE_CHARACTERS = 2000
const LONGEST_TOLD = 8000
const READ_MS = 10_000

/** Last lines of what a task printed, oldest first. The node is asked by the manager, and may be gone: then there are none. */
export async function readTaskLog(docker: Docker, task: string, lines: number): Promise<string[]> {
  try {
    const signal = AbortSignal.timeout(READ_MS)
    const last: string[] = []
    const raw = await openLog(docker, `/tasks/${encodeURIComponent(task)}/logs?`, {
      tail: lines,
      follow: false,
      signal,
    })
    for await (const line of linesOf(payloadsOf(raw), LINE_BYTES)) {
      last.push(escapeControls(shorten(line, MAX_LINE_CHARACTERS)))
      if (last.length > lines) last.shift()
    }
    return last
  } catch {
    // the log is an extra to a failure that is told anyway
    return []
  }
}

/** What the tasks of a service print, with the moment of each line and the node that it came from, as it comes. */
export async function* readServiceLog(
  docker: Docker,
  service: string,
  options: { tail?: number; since?: string; follow: boolean; signal: AbortSignal },
): AsyncGenerator<LogLine & { task: string }> {
  const raw = await openLog(docker, `/services/${encodeURIComponent(service)}/logs?`, {
    ...options,
    ...(options.since === undefined ? {} : { since: String(Date.parse(options.since) / 1000) }),
    timestamps: true,
    details: true,
  })
  for await (const line of linesOf(payloadsOf(raw), 4 * LONGEST_TOLD)) {
    const [at = '', details = ''] = line.split(' ', 2)
    const task = /com\.docker\.swarm\.task\.id=([a-z0-9]+)/.exec(details)?.[1] ?? ''
    yield { at, task, text: shorten(line.slice(at.length + details.length + 2), LONGEST_TOLD) }
  }
}

const openLog = (
  docker: Docker,
  path: string,
  {
    signal,
    ...options
  }: {
    tail?: number
    since?: string
    timestamps?: boolean
    details?: boolean
    follow: boolean
    signal: AbortSignal
  },
): Promise<Readable> =>
  new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path,
        method: 'GET',
        isStream: true,
        abortSignal: signal,
        statusCodes: { 200: true, 404: 'no such thing', 500: 'server error', 501: 'no log' },
        options: { stdout: true, stderr: true, ...options },
      },
      (error, stream) => (error ? reject(error) : resolve(stream as Readable)),
    )
  })
