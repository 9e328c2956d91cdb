import { hang, terminalWidth } from './fit.ts'
import { printable, printableJson } from '../core/printable.ts'

/** Prints lines that may have words of others in them, on a terminal so that they fit; see {@link printable}. */
export const say = (text: string): void => console.log(fitting(text, process.stdout))

/** The same beside the output, for what is not the answer itself. */
export const complain = (text: string): void => console.error(fitting(text, process.stderr))

export const sayJson = (value: unknown): void => console.log(printableJson(value))

const fitting = (text: string, stream: NodeJS.WriteStream): string =>
  text
    .split('\n')
    .flatMap((line) => hang(printable(line), terminalWidth(stream)))
    .join('\n')
