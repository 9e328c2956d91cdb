import { emitKeypressEvents, type Key } from 'node:readline'
import { styleText } from 'node:util'
import { clip, terminalWidth } from './fit.ts'

interface Terminal {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
}

/**
 * Has a person choose one of these lines, at most nine, with the arrow keys or its number, and Enter.
 * @param start which one is chosen by Enter alone
 * @returns its place; `undefined` when nothing was chosen: Ctrl-C, q, Escape
 */
export function choose(
  lines: readonly string[],
  start: number,
  { input, output }: Terminal = { input: process.stdin, output: process.stdout },
): Promise<number | undefined> {
  let at = start
  const draw = () => {
    const shown = lines.map((line, n) => {
      const text = clip(`${n === at ? '>' : ' '} ${n + 1}  ${line}`, terminalWidth() - 1)
      return n === at ? styleText('bold', text, { stream: output }) : text
    })
    output.write(shown.map((line) => `\r\u001b[2K${line}\n`).join(''))
  }
  draw()
  emitKeypressEvents(input)
  // of a stream that is no terminal there are keys all the same
  input.setRawMode?.(true)
  input.resume()
  return new Promise((resolve) => {
    const end = (chosen: number | undefined) => {
      input.off('keypress', press)
      input.setRawMode?.(false)
      input.pause()
      resolve(chosen)
    }
    const press = (typed: string | undefined, { name, ctrl }: Key) => {
      if (name === 'q' || name === 'escape' || (ctrl === true && name === 'c'))
        return end(undefined)
      if (name === 'return' || name === 'enter') return end(at)
      const number = Number(typed) - 1
      if (name === 'up') at = Math.max(0, at - 1)
      else if (name === 'down') at = Math.min(lines.length - 1, at + 1)
      else if (number in lines) at = number
      output.write(`\u001b[${lines.length}A`)
      draw()
    }
    input.on('keypress', press)
  })
}
