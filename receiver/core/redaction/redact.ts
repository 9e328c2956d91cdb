import { formsOf } from './forms.ts'
import { withoutShapes } from './shapes.ts'

/** Takes secrets out of whatever is to be logged, stored or shown: of a text, or of every text within a value. */
export type Redact = <T>(value: T) => T

/** A value that must not be seen, and the name that stands for it. */
export interface Secret {
  name: string
  value: string
}

/** What a terminal or an editor obeys without showing it; the others, JSON escapes. */
const INVISIBLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Of a longer text only the beginning is looked at and shown: its length is somebody else's choice. */
export const MAX_CHARACTERS = 8192
const MAX_DEPTH = 10
/** Shorter ones, and words, are taken out as whole words alone: they would be found within digests and names. */
const MIN_CHARACTERS_ANYWHERE = 8
const MIN_CHARACTERS = 3
/** Of a secret that a cut left the beginning of, less than this says nothing. */
const MIN_BEGINNING = 4
/** Of the places where a text says that it was cut, so many are looked at. */
const MOST_CUTS = 8

/** The one place where secrets are taken out: the known ones by value, tokens, signatures and URL logins by their shape. */
export function createRedact(secrets: readonly Secret[]): Redact {
  const names = new Map(
    secrets
      .flatMap(({ name, value }) => formsOf(value).map((form) => [form, name] as const))
      .filter(([form]) => form.length >= MIN_CHARACTERS),
  )
  // the longest first: one secret may begin with another
  const values = [...names.keys()].sort((one, other) => other.length - one.length)
  const known = values.length === 0 ? undefined : new RegExp(values.map(pattern).join('|'), 'g')

  const text = (given: string): string => {
    let shown = withoutBeginnings(cut(given, known, values[0]?.length ?? 0), values)
    if (known !== undefined) shown = shown.replace(known, (value) => `[${names.get(value) ?? ''}]`)
    return withoutShapes(shown).replace(
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

/** The beginning of a text that is too long: never a part of a known secret, which is kept whole for being taken out. */
function cut(given: string, known: RegExp | undefined, longest: number): string {
  if (given.length <= MAX_CHARACTERS) return given
  let end = MAX_CHARACTERS
  for (const { 0: secret, index } of given
    .slice(0, MAX_CHARACTERS + longest)
    .matchAll(known ?? /$^/g)) {
    if (index >= MAX_CHARACTERS) break
    end = Math.max(end, index + secret.length)
  }
  return `${given.slice(0, end)} (and ${given.length - end} characters more)`
}

/** Somebody may have cut a text within a secret, and said so by `…`: its beginning is no less of one. */
function withoutBeginnings(text: string, values: readonly string[]): string {
  let shown = ''
  let from = 0
  let cutAt = text.indexOf('…')
  for (let cuts = 0; cutAt !== -1 && cuts < MOST_CUTS; cuts++) {
    const begins = beginningBefore(text, cutAt, values)
    shown +=
      begins < cutAt ? `${text.slice(from, Math.max(from, begins))}[cut]` : text.slice(from, cutAt)
    from = cutAt
    cutAt = text.indexOf('…', cutAt + 1)
  }
  return shown + text.slice(from)
}

/** Where the beginning of a secret stands that ends there; there itself when none does. */
function beginningBefore(text: string, end: number, values: readonly string[]): number {
  let begins = end
  const last = text[end - 1]
  for (const value of values) {
    const most = Math.min(value.length - 1, end)
    for (let length = most; length >= MIN_BEGINNING && end - length < begins; length--) {
      if (value[length - 1] !== last) continue
      if (text.startsWith(value.slice(0, length), end - length)) begins = end - length
    }
  }
  return begins
}

function pattern(value: string): string {
  const escaped = value.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
  const isWord = value.length < MIN_CHARACTERS_ANYWHERE || /^[a-z]{1,15}$/i.test(value)
  return isWord ? String.raw`(?<!\w)${escaped}(?!\w)` : escaped
}
