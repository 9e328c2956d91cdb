import coerce from 'semver/functions/coerce.js'
import lt from 'semver/functions/lt.js'

/**
 * What only later versions read of what the receiver takes. docs/versions.md has the same.
 * @see https://docs.docker.com/reference/compose-file/services/
 */
const NEWER = [
  { what: '`required` of an env file', from: '2.24.0' },
  { what: '`!override`', from: '2.24.4' },
  { what: '`format: raw` of an env file', from: '2.30.0' },
  { what: '`gpus`', from: '2.30.0' },
  { what: '`label_file`', from: '2.32.2' },
] as const

/** What a Compose lacks, in words, of the version that it says it is; empty when it lacks nothing. */
export function lackingIn(version: string): string {
  const known = coerce(version)
  if (known === null) return ''
  return NEWER.flatMap(({ what, from }) => (lt(known, from) ? `${what} (${from})` : [])).join(', ')
}

/** `2.26.1-4, which lacks …`. */
export function describeVersion(version: string): string {
  const lacks = lackingIn(version)
  return lacks === '' ? version : `${version}, which lacks ${lacks}`
}
