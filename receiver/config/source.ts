import { readFileSync } from 'node:fs'
import { ConfigError } from './problems.ts'

/** The text of a config file. Throws `ConfigError`. */
export function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const message = missing
      ? 'there is no such file'
      : `cannot be read: ${error instanceof Error ? error.message : String(error)}`
    throw new ConfigError(file, [
      { line: 0, column: 0, path: '', message, hint: 'name the config with --config' },
    ])
  }
}
