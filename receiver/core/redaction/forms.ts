const MIN_LINE_CHARACTERS = 16
/** What is encoded of shorter ones stands within too much else. */
const MIN_ENCODED_BYTES = 8

/** A secret as it is, its lines (logs have one each), as it stands in URLs and in JSON, and in base64 and hex. */
export function formsOf(value: string): string[] {
  // half of a pair has no form in a URL
  const whole = value.toWellFormed()
  const lines = whole.split(/\r?\n/).filter((line) => line.length >= MIN_LINE_CHARACTERS)
  const forms = [whole, ...lines].flatMap((each) => [
    each,
    encodeURIComponent(each),
    JSON.stringify(each).slice(1, -1),
  ])
  return [...new Set([...forms, ...encodedForms(whole)])]
}

function encodedForms(value: string): string[] {
  const bytes = new TextEncoder().encode(value)
  if (bytes.length < MIN_ENCODED_BYTES) return []
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const base64 = ([0, 1, 2] as const).map((before) => base64Within(bytes, before))
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [hex, hex.toUpperCase(), ...base64, ...base64url]
}

/**
 * What is always the same in base64 of a text that holds these bytes after so many others, as `user:password` does: the
 * characters at both ends have bits of the neighbours in them.
 */
function base64Within(bytes: Uint8Array, before: 0 | 1 | 2): string {
  const padded = new Uint8Array(before + bytes.length)
  padded.set(bytes, before)
  const text = btoa(String.fromCharCode(...padded)).replaceAll('=', '')
  const shared = { first: [0, 2, 3][before], last: padded.length % 3 === 0 ? 0 : 1 }
  return text.slice(shared.first, text.length - shared.last)
}
