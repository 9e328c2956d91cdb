import { styleText } from 'node:util'

/** What a step tells when it held. */
export interface Outcome {
  /** One line: what happened, with its figures. */
  line: string
  /** Lines of the summary table, beside the one of the step itself: what, figure. */
  figures?: readonly (readonly [string, string])[]
  /** Worth reading as it stands: commands, another program's output. */
  blocks?: readonly { title: string; lines: readonly string[] }[]
}

export interface Output {
  /** Runs a step and prints its line with its time. A step that throws did not hold; that is printed, not thrown. */
  step<T extends Outcome>(name: string, run: () => Promise<T>): Promise<T | undefined>
  line(text: string): void
  block(title: string, lines: readonly string[]): void
  /** Prints the table of all that happened. */
  summary(): void
  allHeld(): boolean
  /** Prints nothing more: what breaks from now on was stopped on purpose. */
  mute(): void
}

/** Prints for people: colour only on a terminal, and not where `NO_COLOR` is set (https://no-color.org). */
export function createOutput(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Output {
  const coloured = stream.isTTY && !env['NO_COLOR']
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    coloured ? styleText(format, text, { validateStream: false }) : text
  let muted = false
  const print = (text: string) => void (muted || stream.write(text))
  const write = (text: string) => print(`${text}\n`)
  const rows: { held: boolean; name: string; figure: string; seconds?: string }[] = []
  let held = true

  const block = (title: string, lines: readonly string[]) => {
    write(`            ${style('dim', title)}`)
    for (const line of lines) write(`            ${style('dim', '│')} ${line}`)
  }
  const report = (ok: boolean, name: string, line: string, ms: number) => {
    const seconds = `${(ms / 1000).toFixed(1)} s`
    if (stream.isTTY) print('\r\u001b[K')
    write(
      `${ok ? style('green', '✓') : style('red', '✗')} ${seconds.padStart(8)}  ${style('bold', name)}: ${line}`,
    )
    rows.push({ held: ok, name, figure: ok ? 'held' : 'did not hold', seconds })
  }

  return {
    async step(name, run) {
      if (stream.isTTY) print(`·           ${name} …`)
      const began = performance.now()
      try {
        const outcome = await run()
        report(true, name, outcome.line, performance.now() - began)
        for (const { title, lines } of outcome.blocks ?? []) block(title, lines)
        for (const [what, figure] of outcome.figures ?? []) {
          rows.push({ held: true, name: `   ${what}`, figure })
        }
        return outcome
      } catch (error) {
        held = false
        const [first = '', ...rest] = messageOf(error).split('\n')
        report(false, name, first, performance.now() - began)
        if (rest.length > 0) block('what was seen', rest)
        return undefined
      }
    },
    line: write,
    block,
    summary() {
      const width = Math.max(...rows.map(({ name }) => name.length))
      const figures = Math.max(...rows.map(({ figure }) => figure.length))
      const rule = style('dim', '─'.repeat(width + figures + 14))
      write(`\n${rule}`)
      for (const { held: ok, name, figure, seconds = '' } of rows) {
        const text = `${name.padEnd(width)}  ${figure.padStart(figures)}  ${seconds.padStart(8)}`
        write(ok ? text : style('red', text))
      }
      write(
        `${rule}\n${held ? style('green', 'all of it held') : style('red', 'not all of it held')}\n`,
      )
    },
    allHeld: () => held,
    mute: () => void (muted = true),
  }
}

/** Ends a step that did not hold, with what was found instead. */
export function expect(held: boolean, otherwise: string): asserts held {
  if (!held) throw new Error(otherwise)
}

export const milliseconds = (ms: number) => `${Math.round(ms).toLocaleString('en')} ms`

export const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
