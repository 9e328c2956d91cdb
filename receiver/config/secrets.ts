import { isGuessable } from './guessable.ts'
import type { Field, Reader } from './reader.ts'

const MIN_SECRET_BYTES = 24

/** Secrets by the place that has them. One key is bound to one app and one kind, so that a signature fits nowhere else. */
export type SecretOwners = Map<string, string>

/** Notes that a secret stands at `field`; a problem when it stands elsewhere too. Never shows it. */
export function own(reader: Reader, field: Field, secret: string, owners: SecretOwners): void {
  const place = field.path.replace(/\[\d+\]$/, '')
  const owner = owners.get(secret)
  if (owner !== undefined && owner !== place) {
    reader.problem(
      field,
      `this is the key of ${owner} too`,
      'a key serves one app and one kind: make another one',
    )
  }
  owners.set(secret, owner ?? place)
}

/** What is asked of a secret that others must not find out. Never shows it. */
export function keep(reader: Reader, field: Field, secret: string): void {
  reader.noteSecret(field)
  if (isGuessable(secret)) {
    reader.warning(
      field,
      'this secret can be guessed: it repeats itself, or is made of words or rows',
      'openssl rand -hex 24 makes one that cannot',
    )
  }
}

/** Tokens and secrets of at least 24 bytes; a single one is a list of one. Never shows them. */
export function secretTexts(
  reader: Reader,
  field: Field | undefined,
  owners: SecretOwners,
): string[] {
  return reader.list(field).flatMap((item) => {
    const secret = reader.text(item) ?? (reader.isNothing(item) ? '' : undefined)
    if (secret === undefined) return []
    const size = Buffer.byteLength(secret)
    if (size < MIN_SECRET_BYTES || /\s/.test(secret)) {
      reader.problem(
        item,
        `this secret has ${size} bytes, at least ${MIN_SECRET_BYTES} without blanks are needed`,
        'openssl rand -hex 24',
      )
      return []
    }
    own(reader, item, secret, owners)
    keep(reader, item, secret)
    return [secret]
  })
}
