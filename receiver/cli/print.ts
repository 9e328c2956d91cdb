import { printableJson, printableLines } from '../core/printable.ts'

/** Prints what may have words of others in it; see {@link printableLines}. */
export const say = (text: string): void => console.log(printableLines(text))

/** The same beside the output, for what is not the answer itself. */
export const complain = (text: string): void => console.error(printableLines(text))

export const sayJson = (value: unknown): void => console.log(printableJson(value))
