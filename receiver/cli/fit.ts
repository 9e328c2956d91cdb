import { createRequire } from 'node:module'

/** Columns of the terminal; `Infinity` where there is none: what reads a pipe wants whole lines. */
export const terminalWidth = (stream: NodeJS.WriteStream = process.stdout): number =>
  stream.isTTY && stream.columns > 0 ? stream.columns : Infinity

/** Columns that a text takes: two for wide characters, none for combining marks. */
export const widthOf = (text: string): number =>
  isPlain(text) ? text.length : wide().stringWidth(text)

/** Most texts are, and take a column for each character. */
const isPlain = (text: string) => /^[ -~]*$/.test(text)

/** What knows better takes as long to load as all else of such a command: it waits for the first text that is not plain. */
let loaded: { stringWidth: (text: string) => number; graphemes: Intl.Segmenter } | undefined
const wide = () =>
  (loaded ??= {
    stringWidth: (createRequire(import.meta.url)('string-width') as typeof import('string-width'))
      .default,
    graphemes: new Intl.Segmenter('en', { granularity: 'grapheme' }),
  })

/** The beginning of a text that fits, with `…` when there is more. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return `${beginning(text, Math.max(0, width - 1))}…`
}

/**
 * A text in lines that fit, broken at blanks, and words where one alone is too long.
 * @param rest what the second line and those that follow may have
 */
export function wrap(text: string, width: number, rest: number = width): string[] {
  const lines: string[] = []
  let line: string | undefined
  for (const word of text.split(' ')) {
    const longer = line === undefined ? word : `${line} ${word}`
    if (widthOf(longer) <= (lines.length === 0 ? width : rest)) {
      line = longer
      continue
    }
    if (line !== undefined && line.trim() !== '') lines.push(line)
    const most = lines.length === 0 ? width : rest
    const parts = widthOf(word) <= most ? [word] : pieces(word, Math.min(width, rest))
    line = parts.pop() ?? ''
    lines.push(...parts)
  }
  return line === undefined ? lines : [...lines, line]
}

/** Fewer columns are none for a sentence. */
export const LEAST_FOR_WORDS = 24
/** What has blanks behind it so far to the left is a heading of what follows. */
const WIDEST_HEADING = 30
const INDENT = 2

/**
 * A line in lines that fit. What does not goes on below the text, as `name  text` has it beside its name, or where that
 * leaves too little of it, a little to the right.
 */
export function hang(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line]
  const at = textOf(line, width)
  const [first = '', ...others] = wrap(line, width, width - at)
  return [first.trimEnd(), ...others.map((each) => `${' '.repeat(at)}${each}`)]
}

/** The column at which a line's text begins. */
function textOf(line: string, width: number): number {
  const indent = line.length - line.trimStart().length
  let at = indent
  for (let from = line.indexOf('  ', at); from !== -1; from = line.indexOf('  ', at)) {
    const end = from + line.slice(from).length - line.slice(from).trimStart().length
    if (end > WIDEST_HEADING) break
    if (width - end < LEAST_FOR_WORDS) return indent + INDENT
    at = end
  }
  return at
}

function pieces(word: string, width: number): string[] {
  const parts: string[] = []
  for (let rest = word; rest !== '';) {
    // one character at least, however narrow it is
    const part = beginning(rest, width) || (first(rest) ?? rest)
    parts.push(part)
    rest = rest.slice(part.length)
  }
  return parts
}

const first = (text: string): string | undefined =>
  [...wide().graphemes.segment(text.slice(0, 64))][0]?.segment

function beginning(text: string, width: number): string {
  if (isPlain(text)) return text.slice(0, width)
  let [end, taken] = [0, 0]
  for (const { segment } of wide().graphemes.segment(text)) {
    taken += widthOf(segment)
    if (taken > width) break
    end += segment.length
  }
  return text.slice(0, end)
}
