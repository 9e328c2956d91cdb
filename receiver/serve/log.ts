import { isatty } from 'node:tty'
import { pino } from 'pino'
import { DeployError } from '../core/errors.ts'
import { type Log, LOG_LEVELS, type LogLevel } from '../core/log.ts'
import type { Redactor } from '../core/redaction/redactor.ts'
import { prefixOf } from '../journal-stream.ts'

/** Takes a line of JSON with its end. */
export type Sink = (line: string, level: LogLevel) => void

/**
 * Makes each line one JSON object. Secrets are taken out of all of it, and long texts are cut.
 * @param least is asked for each line: what weighs less is left out
 */
export function createLog(
  redactor: Pick<Redactor, 'redact' | 'of'>,
  { sink, least = () => 'info' }: { sink: Sink; least?: () => LogLevel },
): Log {
  let written: LogLevel = 'info'
  const logger = pino(
    {
      base: null,
      level: LOG_LEVELS[0],
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => sink(line, written) },
  )
  return (level, message, details = {}) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least())) return
    const { error, ...rest } = details as { error?: unknown }
    const shown = error === undefined ? rest : { ...rest, err: describe(error) }
    const { app } = rest as { app?: unknown }
    const redact = typeof app === 'string' ? redactor.of(app) : redactor.redact
    written = level
    logger[level](redact(shown), redact(message))
  }
}

/**
 * Standard output: JSON for Docker, files and pipes; the same with priorities for systemd's journal; and on a terminal, text for
 * whoever sits there.
 */
export async function openSink(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Sink> {
  const { fd } = process.stdout
  // it writes at once, and outlives a reader that is gone
  const out = pino.destination({ fd, sync: true })
  // a disk that is full: it writes again with the next line, and what runs goes on
  out.on('error', () => {})
  if (isatty(fd)) {
    const { forPeople } = await import('./log-for-people.ts')
    return (line) => void out.write(`${forPeople(line)}\n`)
  }
  const prefix = prefixOf(fd, environment)
  const write = inOneWrite((lines) => void out.write(lines))
  return (line, level) => write(`${prefix(level)}${line}`, level)
}

/** Of very many lines so many characters are held at once. */
const MOST_CHARACTERS = 64 * 1024

/**
 * Writes lines that come at the same moment at once, before anything else is heard: hooks that share a transaction have lines for each. An
 * error is written as it comes, and what is left when the process ends by itself or by an exception, then.
 */
export function inOneWrite(write: (lines: string) => void): Sink {
  let waiting = ''
  const flush = () => {
    const lines = waiting
    waiting = ''
    if (lines !== '') write(lines)
  }
  process.on('exit', flush)
  return (line, level) => {
    if (waiting === '') queueMicrotask(flush)
    waiting += line
    if (level === 'error' || waiting.length >= MOST_CHARACTERS) flush()
  }
}

/** Only what is made for people: other properties of an error may hold the request with its credentials. */
function describe(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  // it says itself what failed and what to do; where in the code is of no use
  if (error instanceof DeployError) {
    const { code, message, hint } = error
    return { code, message, hint }
  }
  const { type, message, stack } = pino.stdSerializers.err(error)
  return { type, message, stack }
}
