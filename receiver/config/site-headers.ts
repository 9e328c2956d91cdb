import { emptyRecord } from './values.ts'
import type { Field, Reader } from './reader.ts'

type Headers = Readonly<Record<string, string>>

/** A token (RFC 9110, section 5.6.2) of what anybody has in a name, and no longer than Nginx takes without more settings. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/
const VALUE = /^[\x20-\x7e]*$/
/** Nginx takes 4096 characters, and writes some with more than one. */
const MAX_CHARACTERS = 3000

/** Those that belong to the answer itself: a second or another one would break it. */
const OF_THE_ANSWER =
  /^(?:connection|content-(?:encoding|length|range|type)|date|keep-alive|location|server|set-cookie|te|trailer|transfer-encoding|upgrade|www-authenticate|x-accel-.*|grpc-.*)$/i

/**
 * Response headers by name, over those of `defaults`, whatever case they are written in. `~` takes one of these out; an empty
 * text takes the app's own away.
 */
export function readHeaders(
  reader: Reader,
  field: Field,
  defaults: Headers = {},
): Headers | undefined {
  if (!reader.isMapping(field) && /^(?:off|no|false)$/i.test(reader.text(field) ?? '')) {
    return undefined
  }
  const headers = Object.assign(emptyRecord<string>(), defaults)
  const said = new Set<string>()
  for (const [name, each] of reader.mapping(field)) {
    const lower = name.toLowerCase()
    if (said.has(lower)) reader.problem(each, `${name} stands here twice`, 'take one of both out')
    said.add(lower)
    for (const other of Object.keys(headers))
      if (other.toLowerCase() === lower) delete headers[other]
    if (reader.isNothing(each)) continue
    const value = reader.text(each)
    if (value !== undefined && isRight(reader, each, { name, value })) headers[name] = value
  }
  return Object.keys(headers).length === 0 ? undefined : headers
}

function isRight(reader: Reader, field: Field, { name, value }: { name: string; value: string }) {
  const problem = (message: string, hint: string) => {
    reader.problem(field, message, hint)
    return false
  }
  if (!NAME.test(name)) {
    const form = 'letters, digits, - and _, and at most 40 of them'
    return problem(`${JSON.stringify(name)} is not the name of a header`, form)
  }
  if (OF_THE_ANSWER.test(name)) {
    return problem(`${name} belongs to each answer itself`, 'have the app set it')
  }
  if (!VALUE.test(value)) {
    const message = `the value of ${name} has other characters than the printable ones of ASCII`
    return problem(message, 'encode them as whoever reads it expects it')
  }
  if (lengthOf(value) > MAX_CHARACTERS) {
    const most = `at most ${MAX_CHARACTERS} characters, of which each $ counts as 20`
    return problem(`the value of ${name} is too long for Nginx`, most)
  }
  return true
}

/** In Nginx's file: quotes and backslashes are two, and a dollar is a word. */
const lengthOf = (value: string) =>
  value.length + (value.match(/["\\]/g) ?? []).length + 20 * (value.match(/\$/g) ?? []).length
