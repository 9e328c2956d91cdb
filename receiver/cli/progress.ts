import { styleText } from 'node:util'
import type { DeploymentEvent, UnknownEvent } from '../../protocol/deployment.ts'
import { showDuration } from '../../protocol/duration.ts'
import { eventLine, progressWords } from '../../protocol/event-line.ts'
import { clip, hang, terminalWidth } from './fit.ts'
import { withShortDigests } from './image-of.ts'
import { printable } from '../core/printable.ts'

/** Shows a deployment's events as they come. */
export interface Progress {
  show(event: DeploymentEvent | UnknownEvent): void
  /** Takes the line of what runs away. */
  stop(): void
}

const TICK_MS = 1000
const CLEAR_LINE = '\r\u001b[2K'

/**
 * One line for each step that is over, as in a workflow's log. On a terminal a last one says what runs, for how long, and how
 * much is pulled, and is written anew in place.
 */
export const createProgress = (
  out: NodeJS.WriteStream = process.stdout,
  now: () => number = Date.now,
): Progress => (out.isTTY ? inPlace(out, now) : inLines())

function inLines(): Progress {
  let shown = ''
  return {
    show(event) {
      const line = printable(eventLine(event))
      // bytes that come are for who watches
      const isBytes = event.type === 'progress' && event.total !== undefined
      if (line === '' || line === shown || isBytes) return
      console.log((shown = line))
    },
    stop() {},
  }
}

function inPlace(out: NodeJS.WriteStream, now: () => number): Progress {
  let running: { what: string; words: string; since: number } | undefined = {
    what: 'waiting',
    words: '',
    since: now(),
  }
  let shown = ''
  const timer = setInterval(redraw, TICK_MS)

  function redraw(): void {
    if (running === undefined) return
    const { what, words, since } = running
    const line = `… ${what.padEnd(8)} ${showDuration(whole(now() - since)).padStart(9)}  ${words}`
    // the last column would make some terminals go on to the next line
    const fitting = clip(printable(line.trimEnd()), terminalWidth() - 1)
    out.write(`${CLEAR_LINE}${styleText('yellow', fitting, { stream: out })}`)
  }
  function print(event: DeploymentEvent | UnknownEvent): void {
    const line = withShortDigests(printable(eventLine(event)))
    if (line === '' || line === shown) return
    shown = line
    out.write(`${CLEAR_LINE}${inColour(hang(line, terminalWidth(out)).join('\n'), out)}\n`)
  }
  return {
    show(event) {
      if (event.type === 'step' && event.status === 'running') {
        running = { what: event.step, words: '', since: now() }
      } else if (event.type === 'progress' && event.total !== undefined) {
        const since = running?.what === event.step ? running.since : now()
        running = { what: event.step, words: progressWords(event), since }
      } else if (event.type === 'progress') {
        print(event)
      } else if (event.type === 'finished') {
        // what came of it, and why, is told below all of this
        stop()
        return
      } else if (event.type === 'step' && event.error !== undefined) {
        const { message: _why, ...step } = event
        running = undefined
        print(step)
      } else {
        if (event.type !== 'image' && event.type !== 'unknown') running = undefined
        print(event)
      }
      redraw()
    },
    stop,
  }

  function stop(): void {
    clearInterval(timer)
    if (running !== undefined) out.write(CLEAR_LINE)
    running = undefined
  }
}

const whole = (ms: number) => Math.floor(ms / 1000) * 1000

/** What an event was, by the colour of its mark. */
export function inColour(text: string, stream: NodeJS.WriteStream): string {
  const mark = text.slice(0, 1)
  if (mark === '✓' || mark === '●') {
    return styleText('green', mark, { stream }) + text.slice(1)
  }
  return mark === '✗' ? styleText('red', text, { stream }) : text
}
