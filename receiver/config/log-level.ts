import { LOG_LEVELS, type LogLevel } from '../core/log.ts'
import type { Field, Reader } from './reader.ts'
import { matching } from './values.ts'

/** What weighs less is not logged; `info` when nothing is said. */
export const readLogLevel = (reader: Reader, field: Field | undefined): LogLevel =>
  (matching(reader, field, LEVEL, 'a level', `one of ${LOG_LEVELS.join(', ')}`) as
    LogLevel | undefined) ?? 'info'

const LEVEL = new RegExp(`^(?:${LOG_LEVELS.join('|')})$`)
