import { emptyRecord } from './values.ts'

/** A line of an env file that cannot be read. */
export class EnvFileError extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.name = 'EnvFileError'
    this.line = line
  }
}

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*(?:=(.*))?$/s

/**
 * Reads `KEY=value` lines as `docker compose` does: blank lines and `#` comments are skipped, `'…'` is literal, `"…"` knows
 * `\n`, and a `#` after a blank begins a comment. A name alone takes the value of the receiver's environment.
 */
export function parseEnvFile(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const values = emptyRecord<string>()
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const [, name, value] = ASSIGNMENT.exec(line) ?? []
    if (name === undefined) throw new EnvFileError(index + 1, 'it is not KEY=value')
    const found = value === undefined ? env[name] : unquote(value.trim(), index + 1)
    if (found !== undefined) values[name] = found
  }
  return values
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function unquote(value: string, line: number): string {
  const quote = value[0]
  if (quote !== '"' && quote !== "'") return value.replace(/(?:^|\s+)#.*$/, '')
  const end = closing(value, quote)
  if (end === -1) throw new EnvFileError(line, `a ${quote} is not closed on its line`)
  const inside = value.slice(1, end)
  return quote === "'"
    ? inside
    : inside.replace(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped)
}

function closing(value: string, quote: string): number {
  for (let at = 1; at < value.length; at++) {
    if (value[at] === '\\' && quote === '"') at += 1
    else if (value[at] === quote) return at
  }
  return -1
}
