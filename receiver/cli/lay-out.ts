import { hang, wrap } from './fit.ts'
import { printable } from '../core/printable.ts'

/**
 * Names and what there is to say of each, the second in a column of its own that is wrapped within `width`. What is empty is left
 * out; nothing in the texts can move a terminal's cursor.
 */
export function layOut(
  pairs: readonly (readonly [name: string, text: string | undefined])[],
  width: number,
): string {
  const said = pairs.flatMap(([name, text]) => (text ? [[printable(name), text] as const] : []))
  const names = Math.max(0, ...said.map(([name]) => name.length))
  return said
    .flatMap(([name, text]) =>
      linesOf(text).flatMap((line, at) =>
        hang(`  ${(at === 0 ? name : '').padEnd(names)}  ${printable(line)}`, width),
      ),
    )
    .join('\n')
}

/** Blank lines within a text would part what belongs together. */
const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '')

/** Lines that a container printed, apart from words of ours. */
export const layOutLog = (lines: readonly string[], width: number): string =>
  lines
    .flatMap((line) => wrap(printable(line), width - BAR.length))
    .map((line) => `${BAR}${line}`.trimEnd())
    .join('\n')
const BAR = '  | '
