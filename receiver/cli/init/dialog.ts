import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { printableLines } from '../../core/printable.ts'

/** Asks a person, line by line. */
export interface Dialog {
  say(text: string): void
  /** The next line that is typed; hidden, it is not shown. Throws `CalledOff` at Ctrl-C, or when nothing more comes. */
  ask(question: string, hidden?: boolean): Promise<string>
  close(): void
}

/** The person has had enough. */
export class CalledOff extends Error {}

interface Terminal {
  input: NodeJS.ReadableStream
  output: NodeJS.WriteStream
}

export function openDialog({ input, output }: Terminal): Dialog {
  let isHidden = false
  // readline shows what is typed: a password is not
  const shown = new Writable({
    write(chunk, _encoding, done) {
      if (!isHidden) output.write(chunk as Buffer)
      done()
    },
  })
  const lines = createInterface({
    input,
    output: Object.assign(shown, { columns: output.columns }),
    terminal: output.isTTY,
  })
  lines.on('SIGINT', () => lines.close())
  // a line that comes before its question is kept for it
  const typed = lines[Symbol.asyncIterator]()
  return {
    say: (text) => void output.write(`${printableLines(text)}\n`),
    async ask(question, hidden = false) {
      lines.setPrompt(`${printableLines(question)} `)
      lines.prompt()
      isHidden = hidden
      const { value, done } = await typed.next()
      isHidden = false
      if (hidden) output.write('\n')
      if (done === true) throw new CalledOff()
      return value.trim()
    },
    close: () => lines.close(),
  }
}
