/** A `${…}` that cannot be filled in. The message names the variable and the remedy. */
export class InterpolationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InterpolationError'
  }
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y

/**
 * Fills in variables as Compose does: `$VAR`, `${VAR}`, `${VAR:-default}` (unset or empty), `${VAR-default}` (unset),
 * `${VAR:?message}`, `${VAR?message}`, `${VAR:+alternative}`, `${VAR+alternative}`, `$$`. Defaults may hold variables.
 * Unlike Compose, a plain variable that is not set is an error: a secret that is silently empty is worse.
 */
export function interpolate(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const [value, end] = fill(text, 0, env, false)
  return end === text.length ? value : value + text.slice(end)
}

/** Fills in from `at` on; in braces up to the one that closes them. Returns the text and where it stopped. */
function fill(
  text: string,
  start: number,
  env: Readonly<Record<string, string | undefined>>,
  inBraces: boolean,
): [string, number] {
  let result = ''
  let at = start
  while (at < text.length) {
    const character = text[at] ?? ''
    if (inBraces && character === '}') return [result, at]
    if (character !== '$') {
      result += character
      at += 1
    } else if (text[at + 1] === '$') {
      result += '$'
      at += 2
    } else {
      const braced = text[at + 1] === '{'
      const name = readName(text, at + (braced ? 2 : 1))
      if (braced) {
        const [value, end] = expand(text, name, at + 2 + name.length, env)
        result += value
        at = end
      } else {
        result += valueOf(name, env)
        at += 1 + name.length
      }
    }
  }
  if (inBraces) throw new InterpolationError('a ${ is not closed by }')
  return [result, at]
}

/** The rest of `${NAME…}`, from behind the name to behind the brace. */
function expand(
  text: string,
  name: string,
  at: number,
  env: Readonly<Record<string, string | undefined>>,
): [string, number] {
  if (text[at] === '}') return [valueOf(name, env), at + 1]
  const operator = /:?[-?+]/y
  operator.lastIndex = at
  const found = operator.exec(text)?.[0]
  if (found === undefined) {
    throw new InterpolationError(`\${${name} is followed by something other than }, :-, :? or :+`)
  }
  const value = env[name]
  const present = found.startsWith(':') ? value !== undefined && value !== '' : value !== undefined
  const kind = found.at(-1)
  // what is not used need not be fillable
  const used = kind === '+' ? present : !present
  const [word, end] = fill(text, at + found.length, used ? env : everything, true)
  if (kind === '?' && !present) {
    throw new InterpolationError(
      `the variable ${name} is not set: ${word === '' ? 'it is required' : word}`,
    )
  }
  return [kind === '+' ? (present ? word : '') : present ? (value ?? '') : word, end + 1]
}

// not empty: `:?` within a word that is not used must not complain either
const everything = new Proxy({}, { get: () => 'x' }) as Readonly<Record<string, string>>

function readName(text: string, at: number): string {
  NAME.lastIndex = at
  const name = NAME.exec(text)?.[0]
  if (name !== undefined) return name
  throw new InterpolationError('a $ is not followed by a name; write $$ for a plain $')
}

function valueOf(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const value = env[name]
  if (value !== undefined) return value
  throw new InterpolationError(
    `the variable ${name} is not set; set it in the file env beside the config, or write a default: \${${name}:-…}`,
  )
}
