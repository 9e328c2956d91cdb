import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { shorten } from '../../core/shorten.ts'
import type { LogLine } from '../../core/slots/printed.ts'
import { escapeControls } from '../escape-controls.ts'
import { translate } from './errors.ts'
import { payloadsOf } from './frames.ts'
import { LINE_BYTES, linesOf } from './lines.ts'
import { retryReads } from './retry-reads.ts'

const MAX_LINE_CHARACTERS = 2000
const READ_MS = 10_000
/** A log may be of whole objects in a line; secrets are taken out of no longer texts. */
const LONGEST_TOLD = 8000

/** Whatever of it is cut is told by the `…` of what is cut again, so that of a cut secret nothing is seen. */
const CUT_BYTES = 4 * LONGEST_TOLD

/** What a container printed, with the moment of each line, as they are asked for. Throws `DeployError`. */
export async function* readLines(
  docker: Docker,
  name: string,
  options: { tail?: number; since?: string; follow: boolean; signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const { since, ...others } = options
  try {
    const { Config } = await retryReads(() => docker.getContainer(name).inspect())
    const raw = await openLog(docker, name, {
      ...others,
      timestamps: true,
      ...(since === undefined ? {} : { since: unixOf(since) }),
    })
    for await (const line of linesOf(Config.Tty ? raw : payloadsOf(raw), CUT_BYTES)) {
      const end = line.indexOf(' ')
      yield { at: line.slice(0, end), text: shorten(line.slice(end + 1), LONGEST_TOLD) }
    }
  } catch (error) {
    options.signal.throwIfAborted()
    throw translate(error, `cannot read the log of ${name}`, 'engine_unreachable')
  }
}

/** Docker wants seconds, and takes nanoseconds as their fraction. */
export function unixOf(at: string): string {
  const fraction = /\.(\d{1,9})Z$/.exec(at)?.[1] ?? '0'
  return `${Math.floor(Date.parse(at) / 1000)}.${fraction.padEnd(9, '0')}`
}

/** Last lines of a container's output, oldest first, with control characters made visible. */
export async function readLog(docker: Docker, name: string, lines: number): Promise<string[]> {
  const { Config } = await docker.getContainer(name).inspect()
  const raw = await openLog(docker, name, {
    tail: lines,
    follow: false,
    signal: AbortSignal.timeout(READ_MS),
  })
  return lastLines(Config.Tty ? raw : payloadsOf(raw), lines)
}

/** The last lines of an output, each cut, with control characters made visible. */
export async function lastLines(
  chunks: AsyncIterable<Uint8Array>,
  lines: number,
): Promise<string[]> {
  const last: string[] = []
  for await (const line of linesOf(chunks, LINE_BYTES)) {
    last.push(escapeControls(shorten(line, MAX_LINE_CHARACTERS)))
    if (last.length > lines) last.shift()
  }
  return last
}

/** Opens a container's output. */
export const openLog = (docker: Docker, name: string, options: LogRequest): Promise<Readable> =>
  openLogAt(docker, `/containers/${encodeURIComponent(name)}`, options)

export interface LogRequest {
  tail?: number
  since?: string
  timestamps?: boolean
  /** Labels of what printed it, before each line. */
  details?: boolean
  follow: boolean
  signal: AbortSignal
}

/** Opens an output as a stream: the library would read what does not follow as a whole. */
export const openLogAt = (
  docker: Docker,
  /** `/containers/api`, `/tasks/ID`, `/services/api`. */
  path: string,
  { signal, ...options }: LogRequest,
): Promise<Readable> =>
  new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `${path}/logs?`,
        method: 'GET',
        isStream: true,
        abortSignal: signal,
        statusCodes: { 200: true, 404: 'nothing of that name', 500: 'server error' },
        options: { stdout: true, stderr: true, ...options },
      },
      (error, stream) => (error ? reject(error) : resolve(stream as Readable)),
    )
  })
