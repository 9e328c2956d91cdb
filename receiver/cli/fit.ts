import stringWidth from 'string-width'

/** Columns of the terminal; `Infinity` where there is none: what reads a pipe wants whole lines. */
export const terminalWidth = (): number =>
  process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : Infinity

/** Columns that a text takes: two for wide characters, none for combining marks. */
export const widthOf = (text: string): number => stringWidth(text)

/** The beginning of a text that fits, with `…` when there is more. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return `${beginning(text, Math.max(0, width - 1))}…`
}

/** A text in lines that fit, broken at blanks, and words where one alone is too long. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line: string | undefined
  for (const word of text.split(' ')) {
    const longer = line === undefined ? word : `${line} ${word}`
    if (widthOf(longer) <= width) {
      line = longer
      continue
    }
    if (line !== undefined && line.trim() !== '') lines.push(line)
    const parts = widthOf(word) <= width ? [word] : pieces(word, width)
    line = parts.pop() ?? ''
    lines.push(...parts)
  }
  return line === undefined ? lines : [...lines, line]
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

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })

const first = (text: string): string | undefined =>
  [...GRAPHEMES.segment(text.slice(0, 64))][0]?.segment

function beginning(text: string, width: number): string {
  let [end, taken] = [0, 0]
  for (const { segment } of GRAPHEMES.segment(text)) {
    taken += widthOf(segment)
    if (taken > width) break
    end += segment.length
  }
  return text.slice(0, end)
}
