import { MAX_DURATION_MS, parseDuration } from '../../protocol/duration.ts'
import type { Field, Reader } from './reader.ts'

/** Milliseconds. */
export function duration(
  reader: Reader,
  field: Field | undefined,
  { min = 0 }: { min?: number } = {},
): number | undefined {
  const parse = (text: string) => {
    const ms = parseDuration(text)
    return ms !== undefined && ms >= min && ms <= MAX_DURATION_MS ? ms : undefined
  }
  const range = min === 0 ? 'of at most 24 days' : `from ${min}ms to 24 days`
  return parsed(reader, field, parse, `a duration ${range}`, 'write it like 10s, 1m30s or 500ms')
}

export function bytes(reader: Reader, field: Field | undefined): number | undefined {
  return parsed(reader, field, parseBytes, 'a size', 'write it like 512m or 1g')
}

const UNITS_BYTES = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Bytes of a size as Compose writes it: `512m`, `1gb`, `1GiB`, `1048576`; `undefined` for anything else. */
export function parseBytes(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?) ?(?:([kmgt])i?)?b?$/i.exec(text)
  if (found === null) return undefined
  const unit = (found[2] ?? '').toLowerCase() || 'b'
  return Math.floor(Number(found[1]) * UNITS_BYTES[unit as keyof typeof UNITS_BYTES])
}

/** Microseconds, as a number or as a duration. */
export const microseconds = (reader: Reader, field: Field | undefined): number | undefined =>
  parsed(
    reader,
    field,
    (text) => {
      if (/^\d{1,9}$/.test(text)) return Number(text)
      const ms = parseDuration(text)
      return ms === undefined ? undefined : Math.round(ms * 1000)
    },
    'a time',
    'write it in microseconds, or like 50ms',
  )

/** A number of at least `min` and at most `max`. */
export function number(
  reader: Reader,
  field: Field | undefined,
  {
    min,
    max = Number.MAX_SAFE_INTEGER,
    whole = true,
  }: { min: number; max?: number; whole?: boolean },
): number | undefined {
  const parse = (text: string) => {
    const value = /^(?:\d+(?:\.\d+)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN
    const right = value >= min && value <= max && (!whole || Number.isInteger(value))
    return right ? value : undefined
  }
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  return parsed(reader, field, parse, `a ${whole ? 'whole ' : ''}number ${range}`, (text) => {
    const digits = text.replaceAll(/[_,' ]/g, '')
    if (digits !== text && parse(digits) !== undefined) return `write digits alone: ${digits}`
    // as Compose publishes one: [address:]outside:inside
    const inside = /:(\d+)(?:\/tcp)?$/.exec(text)?.[1]
    return inside === undefined ? undefined : `write the one inside the container alone: ${inside}`
  })
}

export const port = (reader: Reader, field: Field | undefined): number | undefined =>
  number(reader, field, { min: 1, max: 65_535 })

/** `yes`, `no`, `on` and `off` are texts in YAML 1.2, and what many still write. */
export function boolean(reader: Reader, field: Field | undefined): boolean | undefined {
  const parse = (text: string) =>
    /^(?:true|yes|on)$/i.test(text) ? true : /^(?:false|no|off)$/i.test(text) ? false : undefined
  return parsed(reader, field, parse, 'true or false', (text) =>
    /^(?:y|1)$/i.test(text) ? 'write true' : /^(?:n|0)$/i.test(text) ? 'write false' : undefined,
  )
}

/** A limit, unless it is 0: to Compose there is none then. */
export function unlessZero(reader: Reader, field: Field | undefined): Field | undefined {
  if (field === undefined || reader.isList(field) || reader.isMapping(field)) return field
  return /^0(?:\.0+)?[bkmgt]?$/i.test(reader.text(field) ?? '') ? undefined : field
}

/** A text of a certain form. */
export function matching(
  reader: Reader,
  field: Field | undefined,
  form: RegExp,
  what: string,
  hint?: string,
): string | undefined {
  return parsed(reader, field, (text) => (form.test(text) ? text : undefined), what, hint)
}

/** One of a few words. */
export function oneOf<T extends string>(
  reader: Reader,
  field: Field | undefined,
  words: readonly T[],
  what: string,
): T | undefined {
  const parse = (text: string) => words.find((word) => word === text)
  return parsed(reader, field, parse, what, `one of ${words.join(', ')}`)
}

function parsed<T>(
  reader: Reader,
  field: Field | undefined,
  parse: (text: string) => T | undefined,
  what: string,
  hint?: string | ((text: string) => string | undefined),
): T | undefined {
  const text = reader.text(field)
  if (text === undefined || field === undefined) return undefined
  const value = parse(text)
  if (value === undefined) {
    const remedy = typeof hint === 'function' ? hint(text) : hint
    reader.problem(field, `${JSON.stringify(text)} is not ${what}`, remedy)
  }
  return value
}

/** A list of texts; a single text is a list of one. */
export function texts(reader: Reader, field: Field | undefined): string[] {
  return reader.list(field).flatMap((item) => reader.text(item) ?? [])
}

interface KeyValue {
  field: Field
  key: string
  value: string | undefined
}

/** Compose's two forms of a mapping of texts: `{ A: 1 }` and `[A=1]`. A name alone has no value. */
export function keyValues(reader: Reader, field: Field | undefined): KeyValue[] {
  if (field === undefined) return []
  if (!reader.isList(field)) {
    return [...reader.mapping(field)].map(([key, each]) => ({
      field: each,
      key,
      value: reader.text(each),
    }))
  }
  return reader.list(field).flatMap((item): KeyValue[] => {
    const text = reader.text(item)
    if (text === undefined) return []
    const at = text.indexOf('=')
    return at === -1
      ? [{ field: item, key: text, value: undefined }]
      : [{ field: item, key: text.slice(0, at), value: text.slice(at + 1) }]
  })
}

/** The same with a value for each name. */
export function keyTexts(
  reader: Reader,
  field: Field | undefined,
): Record<string, string> | undefined {
  if (field === undefined) return undefined
  const values = emptyRecord<string>()
  for (const { field: at, key, value = '' } of keyValues(reader, field)) {
    if (key === '') reader.problem(at, 'this has no name', 'write name: value, or [name=value]')
    else values[key] = value
  }
  return values
}

/**
 * An empty object without a prototype: its keys come from users, and `__proto__` or `constructor` must be keys like any
 * other.
 */
export const emptyRecord = <T>(): Record<string, T> => Object.create(null) as Record<string, T>
