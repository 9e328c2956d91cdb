import { LOG_LEVELS, type LogLevel } from '../core/log.ts'
import type { Field, Reader } from './reader.ts'
import { oneOf } from './values.ts'

/** What weighs less is not logged; `info` when nothing is said. */
export const readLogLevel = (reader: Reader, field: Field | undefined): LogLevel =>
  oneOf(reader, field, LOG_LEVELS, 'a level') ?? 'info'
