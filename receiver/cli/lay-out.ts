import { Help } from 'commander'
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
  const help = Object.assign(new Help(), { helpWidth: width })
  return said.map(([name, text]) => help.formatItem(name, names, safe(text), help)).join('\n')
}

/** Blank lines within a text would part what belongs together. */
const safe = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(printable)
    .join('\n')
