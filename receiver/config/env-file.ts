import { emptyRecord } from './values.ts'

/** A line of an env file that cannot be read. */
export class EnvFileError extends Error {
  readonly line: number
  readonly hint: string

  constructor(line: number, message: string, hint: string) {
    super(message)
    this.hint = hint
    this.name = 'EnvFileError'
    this.line = line
  }
}

type Env = Readonly<Record<string, string | undefined>>

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][\w.[\]-]*)\s*(?:[=:](.*))?$/
const RAW_ASSIGNMENT = /^([^=\s]+)(?:=(.*))?$/
const NOTHING = /^\s*(?:#|$)/
const COMMENT = ' #'

/**
 * Reads `KEY=value` lines as `docker compose` does: blank lines and `#` comments are skipped, `'…'` is literal but for `\'`, `"…"`
 * knows `\n`, both may go over several lines, and a `#` after a value and a blank begins a comment. A name alone takes the value
 * of the receiver's environment. Throws `EnvFileError`.
 */
export function parseEnvFile(text: string, env: Env): Record<string, string> {
  const whole = linesOf(text).join('\n')
  const values = emptyRecord<string>()
  let line = 1
  for (let from = 0; from <= whole.length; line++) {
    const end = lineEnd(whole, from)
    const written = whole.slice(from, end)
    from = end + 1
    if (NOTHING.test(written)) continue
    const [, name, value] = ASSIGNMENT.exec(written) ?? []
    if (name === undefined) throw new EnvFileError(line, 'it is not KEY=value', NAME_HINT)
    const quoted = value === undefined ? undefined : /^\s*(["'])/.exec(value)
    if (quoted === null || quoted === undefined) {
      const found = value === undefined ? env[name] : withoutComment(value)
      if (found !== undefined) values[name] = found
      continue
    }
    const [before, quote = ''] = quoted
    const opened = end - (value ?? '').length + before.length
    const closed = closing(whole, quote, opened)
    if (closed === -1)
      throw new EnvFileError(
        line,
        `a ${quote} is not closed`,
        `write ${quote} where the value ends`,
      )
    const inside = whole.slice(opened, closed)
    values[name] = quote === "'" ? inside.replaceAll("\\'", "'") : unescape(inside)
    line += inside.split('\n').length - 1
    from = lineEnd(whole, closed) + 1
    if (!NOTHING.test(whole.slice(closed + 1, from - 1))) {
      throw new EnvFileError(
        line,
        `something follows the ${quote} that ends the value`,
        'take it out, or begin a comment with a blank and #',
      )
    }
  }
  return values
}

/** The same in Compose's `format: raw`: a value is what stands behind the `=`, quotes and all. */
export function parseRawEnvFile(text: string, env: Env): Record<string, string> {
  const values = emptyRecord<string>()
  for (const [index, line] of linesOf(text).entries()) {
    if (NOTHING.test(line)) continue
    const [, name, value] = RAW_ASSIGNMENT.exec(line) ?? []
    if (name === undefined) throw new EnvFileError(index + 1, 'it is not KEY=value', NAME_HINT)
    const found = value ?? env[name]
    if (found !== undefined) values[name] = found
  }
  return values
}

const NAME_HINT = 'a name of letters, digits and _, then = and the value; # begins a comment'

const linesOf = (text: string): string[] => text.replace(/^\uFEFF/, '').split(/\r?\n/)

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

/** A password may begin with a `#`. */
const withoutComment = (value: string) => value.trimStart().split(COMMENT)[0]?.trimEnd() ?? ''

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  $: '$',
  '"': '"',
  '\\': '\\',
}
/** What is none of these stays with its backslash: `\d` of a pattern, `\p` of a path. */
const unescape = (text: string) =>
  text.replace(/\\(.)/gs, (whole, escaped: string) => ESCAPES[escaped] ?? whole)

/** Where the quote is closed; -1 when it is not. */
function closing(text: string, quote: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1
    else if (text[at] === quote) return at
  }
  return -1
}
