import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The systemd unit that docs/install.md has people write. */
export const UNIT = textOf(readFileSync(join(import.meta.dirname, '../../docs/install.md'), 'utf8'))

function textOf(docs: string): string {
  const found = /^`\/etc\/systemd\/system\/deploy-receiver\.service`.*?^```ini\n(.*?)^```$/ms.exec(
    docs,
  )
  if (found?.[1] === undefined) throw new Error('docs/install.md has no unit')
  return found[1]
}

/** The words of a setting, of all its lines. */
export const wordsOf = (key: string): string[] =>
  UNIT.split('\n').flatMap((line) =>
    line.startsWith(`${key}=`) ? line.slice(key.length + 1).split(' ') : [],
  )
