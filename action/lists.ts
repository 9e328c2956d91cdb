import { type Options, parse } from 'csv-parse/sync'
import { ActionError } from './error.ts'

/** How an input holds a list: see {@link parseList}. */
export interface ListForm {
  /** Name of the input, for the error. */
  name: string
  /** A comma belongs to the value, so only line ends separate (build-args, labels). */
  keepCommas: boolean
  /** Quotes belong to the value, which Docker reads itself (outputs). */
  keepQuotes?: boolean
  /** White space and line ends around an item belong to it (secrets). */
  keepSpace?: boolean
}

/**
 * Reads a list as docker/build-push-action does: a CSV table whose rows and fields are all items. `"…"` around a field
 * keeps commas, line ends and doubled quotes; a quote inside an unquoted field is an ordinary character; a line that
 * begins with `#` is a comment.
 * @throws ActionError `bad_input` when a quote is never closed.
 */
export const parseList = (text: string, form: ListForm): string[] =>
  parseRows(text, form.name, form.keepQuotes === true ? { quote: false } : {})
    .flatMap((fields) => {
      if (form.keepCommas) return [fields.join(',')]
      return fields.length === 1 ? fields.flatMap((field) => field.split(',')) : fields
    })
    .filter((item) => item.trim() !== '')
    .map((item) => (form.keepSpace === true ? item : item.trim()))

/**
 * Reads the fields of one line, as `type=raw,"value=a,b"`.
 * @throws ActionError `bad_input` when a quote is never closed.
 */
export const parseFields = (line: string, name: string): string[] => parseRows(line, name)[0] ?? []

/**
 * Writes fields as one line that {@link parseFields}, and Docker, read: `id=npm,src=/tmp/a`. One with a comma or a quote
 * stands in quotes.
 */
export const formatFields = (fields: readonly string[]): string =>
  fields
    .map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',')

/**
 * Reads lines that have fields. Quotes around a whole line are taken off first, so that `"type=raw,""value=a,b"""` is
 * what `type=raw,"value=a,b"` is.
 * @throws ActionError `bad_input` when a quote is never closed.
 */
export const parseLines = (text: string, name: string): string[][] =>
  parseRows(text, name)
    .map((fields) => {
      const [only = '', ...more] = fields
      return more.length === 0 ? parseFields(only, name) : fields
    })
    .map((fields) => fields.map((field) => field.trim()))
    .filter((fields) => fields.some((field) => field !== ''))

/** The form that the toolkit of Docker's own actions reads. */
const CSV = {
  relaxQuotes: true,
  relaxColumnCount: true,
  skipEmptyLines: true,
  recordDelimiter: ['\r\n', '\n', '\r'],
  comment: '#',
  comment_no_infix: true,
} satisfies Options

function parseRows(text: string, name: string, more: Pick<Options, 'quote'> = {}): string[][] {
  try {
    return parse(text, { ...CSV, ...more }).filter(
      ([first = '']) => !first.trimStart().startsWith('#'),
    )
  } catch (cause) {
    throw new ActionError(
      'bad_input',
      `input ${name}: the quote that opens ${opening(text, name)} is never closed`,
      {
        hint: `Close it at the end of the item, or double a quote that belongs to it ("").`,
        cause,
      },
    )
  }
}

/** Whose lines are not shown: they hold secrets, or what people take for the place of one. */
const MAY_BE_SECRET = new Set(['secrets', 'secret-files', 'secret-envs', 'build-args', 'url'])

/** The line that the trouble begins in; with relaxed quotes there is no other trouble. */
function opening(text: string, name: string): string {
  if (MAY_BE_SECRET.has(name)) return 'one of its lines'
  return text.split(/\r\n|\n|\r/).findLast((line) => /^"|,"/.test(line)) ?? 'an item'
}
