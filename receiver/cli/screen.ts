import { emitKeypressEvents, type Key } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

export interface Screen {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
  /** Pause between two drawings. */
  everyMs: number
}

const OPEN = '\u001b[?1049h\u001b[?25l'
const CLOSE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const REST_OF_LINE = '\u001b[K'
const REST_OF_SCREEN = '\u001b[J'

/**
 * Has the whole terminal until q or Ctrl-C, and gives it back as it was. It is drawn again and again in place, and when its size
 * changes.
 * @param draw gives lines that fit
 */
export async function keepScreen(
  draw: () => Promise<readonly string[]>,
  { input, output, everyMs }: Screen,
): Promise<void> {
  const ended = new AbortController()
  const end = () => ended.abort()
  const press = (_typed: string | undefined, { name, ctrl }: Key) => {
    if (name === 'q' || (ctrl === true && name === 'c')) end()
  }
  let lines: readonly string[] = []
  const show = () => {
    const shown = lines.slice(0, Math.max(1, (output.rows ?? Infinity) - 1))
    output.write(
      `${HOME}${shown.map((line) => `${line}${REST_OF_LINE}\r\n`).join('')}${REST_OF_SCREEN}`,
    )
  }
  let redraw = new AbortController()
  const resize = () => redraw.abort()

  output.write(OPEN)
  emitKeypressEvents(input)
  input.setRawMode?.(true)
  input.on('keypress', press)
  input.resume()
  output.on('resize', resize)
  for (const signal of SIGNALS) process.once(signal, end)
  try {
    while (!ended.signal.aborted) {
      redraw = new AbortController()
      lines = await draw()
      if (ended.signal.aborted) break
      show()
      const signal = AbortSignal.any([ended.signal, redraw.signal])
      await pause(everyMs, undefined, { signal }).catch(() => {})
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, end)
    output.off('resize', resize)
    input.off('keypress', press)
    input.setRawMode?.(false)
    input.pause()
    output.write(CLOSE)
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
