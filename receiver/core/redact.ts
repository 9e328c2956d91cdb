/** Takes secrets out of whatever is to be logged, stored or shown: of a text, or of every text within a value. */
export type Redact = <T>(value: T) => T

/** A value that must not be seen, and the name that stands for it. */
export interface Secret {
  name: string
  value: string
}

/** What looks like a secret wherever it comes from, and what is left of it. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, '[token]'],
  [/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, '$1 [token]'],
  [/("(?:auth|password|identitytoken|registrytoken|secret|token)" *: *")[^"]*/gi, '$1[secret]'],
  [/\b(?:gh[a-z]_|github_pat_|glpat-|dckr_pat_)[\w-]{16,}/g, '[token]'],
  [/\bwhs(?:ec|k)_[A-Za-z0-9+/=_-]+/g, '[key]'],
  [/\bv1a?,[A-Za-z0-9+/=_-]{20,}/g, '[signature]'],
  [/\bsha(?:1|256)=[0-9a-f]{32,}/gi, '[signature]'],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1[login]@'],
  [/(\/[^\s?"'<>]*)\?[^\s"'<>]*=[^\s"'<>]*/g, '$1?[query]'],
]

/** What a terminal or an editor obeys without showing it; the others, JSON escapes. */
const INVISIBLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

const MAX_DEPTH = 10
/** Shorter ones are taken out as whole words alone: they would be found within digests and names. */
const MIN_CHARACTERS_ANYWHERE = 8
const MIN_CHARACTERS = 3

/** The one place where secrets are taken out: the known ones by value, tokens, signatures and URL logins by their shape. */
export function createRedact(secrets: readonly Secret[]): Redact {
  const names = new Map(
    secrets
      .flatMap(({ name, value }) => forms(value).map((form) => [form, name] as const))
      .filter(([form]) => form.length >= MIN_CHARACTERS),
  )
  // the longest first: one secret may begin with another
  const values = [...names.keys()].sort((one, other) => other.length - one.length)
  const known = values.length === 0 ? undefined : new RegExp(values.map(pattern).join('|'), 'g')

  const text = (given: string): string => {
    let shown = given
    if (known !== undefined) shown = shown.replace(known, (value) => `[${names.get(value) ?? ''}]`)
    for (const [shape, instead] of SHAPES) shown = shown.replace(shape, instead)
    return shown.replace(
      INVISIBLE,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
  }
  const deep = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return text(value)
    if (typeof value !== 'object' || value === null) return value
    if (depth > MAX_DEPTH) return '[too deep]'
    if (Array.isArray(value)) return value.map((each) => deep(each, depth + 1))
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [text(key), deep(each, depth + 1)]),
    )
  }
  return <T>(value: T) => deep(value, 0) as T
}

/** Of tokens that are asked for again and again, only so many are known: the older ones have ended. */
const MOST_TOKENS = 200

/** Redaction that learns. */
export interface Redactor {
  redact: Redact
  /** Takes these values out from now on, for good. */
  learn(secrets: readonly Secret[]): void
  /** Takes these out until newer ones have taken their place. */
  learnTokens(secrets: readonly Secret[]): void
}

export function createRedactor(first: readonly Secret[]): Redactor {
  let lasting = first
  let tokens: readonly Secret[] = []
  let known = createRedact(first)

  const news = (more: readonly Secret[]) => {
    const values = new Set([...lasting, ...tokens].map(({ value }) => value))
    return more.filter(({ value }) => !values.has(value))
  }
  const take = () => {
    known = createRedact([...lasting, ...tokens])
  }
  return {
    redact: (value) => known(value),
    learn(secrets) {
      const more = news(secrets)
      if (more.length === 0) return
      lasting = [...more, ...lasting]
      take()
    },
    learnTokens(secrets) {
      const more = news(secrets)
      if (more.length === 0) return
      tokens = [...more, ...tokens].slice(0, MOST_TOKENS)
      take()
    },
  }
}

/** A secret as it is, its lines (logs have one each), and as it stands in URLs and in JSON. */
function forms(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 16)
  return [value, ...lines].flatMap((each) => [
    each,
    encodeURIComponent(each),
    JSON.stringify(each).slice(1, -1),
  ])
}

function pattern(value: string): string {
  const escaped = escape(value)
  return value.length < MIN_CHARACTERS_ANYWHERE ? String.raw`(?<!\w)${escaped}(?!\w)` : escaped
}

const escape = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
