import { styleText } from 'node:util'
import { who } from '../cli/audit.ts'
import { withShortDigests } from '../cli/image-of.ts'
import { printable, printableJson } from '../core/printable.ts'
import type { Sender } from '../core/intake/audit.ts'
import type { LogLevel } from '../core/log.ts'
import { shorten } from '../core/shorten.ts'

/** Of a value, so much on a terminal; JSON has more. */
const SHOWN_CHARACTERS = 400

interface Line {
  level: LogLevel
  time: string
  msg: string
  app?: string
  deployment?: string
  request_id?: string
  /** What a step says of itself, or why something is so. */
  detail?: string
  reason?: string
  hint?: string
  sender?: Sender
  step?: string
  ms?: number
  err?: { message: string; code?: string; hint?: string; stack?: string }
}

/**
 * A line of the log for a terminal: the time there, level, app and deployment, what happened and why; then whatever else it has. What
 * to do stands below, and so does where in the code something unforeseen was thrown. In colour as `NO_COLOR` and `FORCE_COLOR` say.
 */
export function forPeople(json: string): string {
  const { level, time, msg, app, deployment, request_id, ...more } = JSON.parse(json) as Line
  // its words have the step and its time
  const { detail, reason = detail, hint, sender, err, step: _step, ms: _ms, ...facts } = more
  const [why, ...further] = (reason ?? err?.message ?? '').split('\n')
  const head = [
    paint('dim', new Date(time).toTimeString().slice(0, 8)),
    paint(COLOURS[level], level.padEnd(WIDEST)),
    ...[app, deployment].flatMap((each) => (each === undefined ? [] : paint('bold', shown(each)))),
    why === undefined || why === '' ? shown(msg) : `${shown(msg)}: ${shown(why)}`,
  ]
  const tail = {
    ...(sender === undefined || sender.kind === 'none' ? {} : { by: who(sender) }),
    ...(err?.code === undefined ? {} : { code: err.code }),
    ...facts,
    request_id,
  }
  const last = Object.entries(tail)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => paint('dim', `${printable(key)}=${valueOf(value)}`))
  const stack = err?.stack?.split('\n').slice(1) ?? []
  const below = [...further, hint ?? err?.hint ?? '', ...stack].filter((each) => each.trim() !== '')
  return [
    [head.join(' '), ...last].join('  '),
    ...below.map((each) => `${MARGIN}${shown(each.trim())}`),
  ].join('\n')
}

const WIDEST = 'error'.length
/** Below what happened. */
const MARGIN = ' '.repeat('12:00:00 error '.length)

const COLOURS = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' } as const

const paint = (style: (typeof COLOURS)[LogLevel] | 'bold', text: string): string =>
  styleText(style, text, { stream: process.stdout })

const shown = (text: string): string => printable(shorten(withShortDigests(text), SHOWN_CHARACTERS))

/** In quotes when it would not end at a blank. */
const valueOf = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"]+$/.test(value)
    ? shown(value)
    : shorten(withShortDigests(printableJson(value)), SHOWN_CHARACTERS)
