import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileFailure } from '../core/file-failure.ts'
import { EnvFileError, parseEnvFile } from './env-file.ts'
import { warnOfAccess } from './file-access.ts'
import { ConfigError } from './problems.ts'
import type { Reader } from './reader.ts'
import { emptyRecord } from './values.ts'

export type Variables = Readonly<Record<string, string | undefined>>

/** Where the variables of a config are kept: the file `env` beside it. */
export const envFileOf = (config: string): string => join(dirname(resolve(config)), 'env')

/**
 * What `${…}` of a config stands for: the variables of the process, and below them those of its env file. As with Compose, the
 * process goes first. Throws `ConfigError` for an env file that cannot be read, with its line.
 */
export function readVariables(config: string, own: Variables): Variables {
  // a variable named like a method of objects is not set by being one
  return Object.assign(emptyRecord<string | undefined>(), readEnvFile(config, own), own)
}

/**
 * Gives the process what the env file of a config has and the process has not: libraries and programs that it starts look there
 * for proxies and credentials. Throws as `readVariables`.
 */
export function takeVariables(config: string, process: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(readEnvFile(config, process))) process[name] ??= value
}

/** Warns of an env file that others can read or change, and of what is said twice. Never shows a value. */
export function warnOfVariables(reader: Reader, own: Variables): void {
  const file = envFileOf(reader.file)
  const kept = readEnvFile(reader.file, own)
  const names = Object.keys(kept)
  warnOfAccess(reader, reader.root, { file, holdsSecret: names.length > 0 })
  const others = names.filter((name) => own[name] !== undefined && own[name] !== kept[name])
  if (others.length === 0) return
  reader.warning(
    reader.root,
    `${file} is not heard on ${others.join(', ')}: the environment has another value`,
    'take it out of one of them: the unit needs no EnvironmentFile=, and a shell no `. env`',
  )
}

function readEnvFile(config: string, own: Variables): Record<string, string> {
  const file = envFileOf(config)
  try {
    return parseEnvFile(readFileSync(file, 'utf8'), own)
  } catch (error) {
    // a folder of that name is something else's
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return emptyRecord()
    }
    if (error instanceof EnvFileError) {
      const { line, message, hint } = error
      throw new ConfigError(file, [{ line, column: 1, path: '', message, hint }])
    }
    const failure = fileFailure(file, error)
    if (failure === undefined) throw error
    throw new ConfigError(file, [
      { line: 0, column: 0, path: '', message: failure.message, hint: failure.hint },
    ])
  }
}
