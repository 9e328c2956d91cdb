import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The systemd unit that the packages bring. */
export const UNIT = readFileSync(
  join(import.meta.dirname, '../../install/deploy-receiver.service'),
  'utf8',
)

/** The words of a setting, of all its lines. */
export const wordsOf = (key: string): string[] =>
  UNIT.split('\n').flatMap((line) =>
    line.startsWith(`${key}=`) ? line.slice(key.length + 1).split(' ') : [],
  )
