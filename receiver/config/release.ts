import type { Release } from '../core/app.ts'
import { words } from './container.ts'
import type { Field, Reader } from './reader.ts'
import { duration } from './values.ts'

/** As long as a release command may take. */
const RELEASE_MS = 10 * 60 * 1000

/** Reads `release:`, a command or `{ command, timeout }`. */
export function readRelease(reader: Reader, field: Field | undefined): Release | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
  const long = reader.isMapping(field) ? reader.mapping(field, ['command', 'timeout']) : undefined
  const command = words(reader, long === undefined ? field : long.get('command'))
  const timeoutMs = duration(reader, long?.get('timeout'), { min: 1 }) ?? RELEASE_MS
  if (command !== undefined && command.length > 0) return { command, timeoutMs }
  // one that cannot be read is a problem already
  if (command !== undefined || (long !== undefined && reader.isNothing(long.get('command')))) {
    reader.problem(field, 'the release command is missing', 'write release: npm run migrate')
  }
  return undefined
}
