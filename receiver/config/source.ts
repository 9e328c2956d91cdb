import { readFileSync } from 'node:fs'
import { fileFailure } from '../core/file-failure.ts'
import { ConfigError } from './problems.ts'

/** The text of a config file. Throws `ConfigError`. */
export function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const { message, hint } = fileFailure(file, error) ?? {
      message: 'it cannot be read',
      hint: String(error),
    }
    throw new ConfigError(file, [
      {
        line: 0,
        column: 0,
        path: '',
        message: isMissing ? 'there is no such file' : message.replace(file, 'it'),
        hint: isMissing ? 'name the config with --config' : hint,
      },
    ])
  }
}
