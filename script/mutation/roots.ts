import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** The folders whose tests need neither an engine nor a network: they lie under the same path in `test/`. */
export const ROOTS = ['protocol', 'receiver/core', 'receiver/http'] as const
