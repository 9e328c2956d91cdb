import type { Field, Reader } from './reader.ts'
import { credentialsIn, isPlainlySecret } from './secret-values.ts'

/**
 * Warns of a secret that stands in the config as it is: what has a secret's name, or holds a password, as in a URL. Copies of
 * the file, in a repository or a backup, would have it too. Never shows it.
 */
export function warnOfPlainSecret(
  reader: Reader,
  field: Field,
  { name, value }: { name: string; value: string },
): void {
  const filledIn = [...reader.variablesIn(field).values()]
  const isWritten = (text: string) =>
    !filledIn.some((from) => from.includes(text) || text.includes(from))
  const written = reader.isFilled(field)
    ? credentialsIn(value).some(isWritten)
    : isPlainlySecret({ name, value })
  if (!written) return
  reader.noteSecret(field)
  reader.warning(
    field,
    `the secret ${name} stands here in the clear`,
    `write \${${variableFor(name)}}, and set that in an env file that only the receiver reads`,
  )
}

const variableFor = (name: string) => name.replaceAll(/\W/g, '_').toUpperCase()
