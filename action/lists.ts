import { ActionError } from './error.ts'

/** How an input holds a list: see {@link parseList}. */
export interface ListForm {
  /** Name of the input, for the error. */
  name: string
  /** A comma belongs to the value, so only line ends separate (build-args, labels). */
  keepCommas: boolean
}

/**
 * Reads a list as docker/build-push-action does: a CSV table whose rows and fields are all items. `"…"` around a field
 * keeps commas, line ends and doubled quotes; a quote inside an unquoted field is an ordinary character; a line that
 * begins with `#` is a comment.
 * @throws ActionError `bad_input` when a quote is never closed.
 */
export const parseList = (text: string, form: ListForm): string[] =>
  parseRows(text, form.name)
    .flatMap((fields) => {
      if (form.keepCommas) return [fields.join(',')]
      return fields.length === 1 ? fields.flatMap((field) => field.split(',')) : fields
    })
    .map((item) => item.trim())
    .filter((item) => item !== '')

/**
 * Reads the fields of one line, as `type=raw,"value=a,b"`.
 * @throws ActionError `bad_input` when a quote is never closed.
 */
export const parseFields = (line: string, name: string): string[] => parseRows(line, name)[0] ?? []

function parseRows(text: string, name: string): string[][] {
  const rows: string[][] = []
  let rest = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n')
  while (rest !== '') {
    if (/^[ \t]*#/.test(rest)) {
      rest = rest.slice(lineEnd(rest) + 1)
      continue
    }
    const row: string[] = []
    for (;;) {
      const { value, length } = readField(rest, name)
      row.push(value)
      const separator = rest[length]
      rest = rest.slice(length + 1)
      if (separator !== ',') break
    }
    rows.push(row)
  }
  return rows
}

/** The field at the start of `text`, and how many characters it takes without its separator. */
function readField(text: string, name: string): { value: string; length: number } {
  if (text.startsWith('"')) {
    const quoted = /^"((?:[^"]|"")*)"(?=[,\n]|$)/.exec(text)
    if (quoted) {
      const [whole, value = ''] = quoted
      return { value: value.replaceAll('""', '"'), length: whole.length }
    }
    if (!/^"(?:[^"]|"")*"/.test(text)) {
      // a line of secrets is a secret
      const line = name === 'secrets' ? 'one of its lines' : text.slice(0, lineEnd(text))
      throw new ActionError(
        'bad_input',
        `input ${name}: the quote that opens ${line} is never closed`,
        {
          hint: `Close it at the end of the item, or double a quote that belongs to it ("").`,
        },
      )
    }
  }
  const value = text.replace(/[,\n][^]*/, '')
  return { value, length: value.length }
}

const lineEnd = (text: string): number => (text.includes('\n') ? text.indexOf('\n') : text.length)
