import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ComposeAnswer } from '../config/compose/project.ts'
import type { Config } from '../config/config.ts'
import { parseEnvFile } from '../config/env-file.ts'
import { type FirstConfig, type FirstVariable, writeFirstConfig } from '../config/first-config.ts'
import { loadConfig } from '../config/load.ts'
import { ConfigError } from '../config/problems.ts'
import { envFileOf } from '../config/variables.ts'
import { replaceFile } from '../edges/durable.ts'

export interface FirstFiles {
  config: Config
  /** What was written; nothing when all of it was there already. */
  written: string[]
  variables: FirstVariable[]
}

/** For root alone: there are secrets in it, or may be some day. */
const MODE = 0o600
const FOLDER_MODE = 0o750

/**
 * Writes a first config and its env file. Both are tried before anything is put in its place, and neither is ever written over:
 * when something else is there already, it throws an error that says what. The config comes last, so that a half is never heard on.
 * @param secrets of the env file that nobody can make: a registry's password
 * @param projects of Compose's, as they were read
 */
export function writeFirstFiles(
  first: FirstConfig,
  file: string,
  secrets: Readonly<Record<string, string>>,
  projects: ReadonlyMap<string, ComposeAnswer> = new Map(),
): FirstFiles {
  const path = resolve(file)
  const env = envFileOf(path)
  const { text, variables } = writeFirstConfig(first)
  const isThere = existsSync(path)
  if (isThere && readFileSync(path, 'utf8') !== text) throw otherConfig(path, text)
  const kept = existsSync(env) ? parseEnvFile(readFileSync(env, 'utf8'), {}) : undefined
  const missing = variables.filter(({ name }) => !kept?.[name])
  if (kept !== undefined && missing.length > 0) throw otherVariables(env, missing)
  const values = Object.fromEntries(
    variables.map((each) => [
      each.name,
      kept?.[each.name] ?? secrets[each.name] ?? newSecret(each),
    ]),
  )

  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE })
  const config = tryOut({ path, text, values, projects })
  if (isThere) return { config, written: [], variables }
  const written = [path]
  if (kept === undefined && variables.length > 0) {
    replaceFile(env, envText(variables, values), MODE)
    written.unshift(env)
  }
  replaceFile(path, text, MODE)
  return { config, written, variables }
}

/** Reads it as `serve` would, in a folder of its own. Throws an error with what would be refused. */
function tryOut({
  path,
  text,
  values,
  projects,
}: {
  path: string
  text: string
  values: Readonly<Record<string, string>>
  projects: ReadonlyMap<string, ComposeAnswer>
}): Config {
  const folder = mkdtempSync(join(dirname(path), '.init-'))
  try {
    const trial = join(folder, 'config.yaml')
    writeFileSync(trial, text, { mode: MODE })
    return {
      ...loadConfig(trial, { ...process.env, ...values }, undefined, { text, projects }),
      file: path,
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(path, error.problems)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function newSecret({ kind, what }: FirstVariable): string {
  if (kind === 'password') throw new Error(`nobody said the ${what}`)
  if (kind === 'hmac') return `whsec_${randomBytes(32).toString('base64')}`
  return randomBytes(24).toString('hex')
}

const envText = (variables: readonly FirstVariable[], values: Readonly<Record<string, string>>) =>
  [
    '# variables of config.yaml: NAME=value on a line; for root alone',
    ...variables.flatMap(({ name, what }) => [
      `# ${what}`,
      `${name}=${written(values[name] ?? '')}`,
    ]),
    '',
  ].join('\n')

/** As Compose, systemd and a shell read it. */
const written = (value: string) =>
  /^[\w+/=.:@-]+$/.test(value) ? value : `"${value.replaceAll(/["\\$]/g, '\\$&')}"`

function otherConfig(path: string, text: string): Error {
  const apps = text.slice(text.indexOf('apps:\n') + 'apps:\n'.length).trimEnd()
  return Object.assign(
    new Error(`${path} is there already, and is left as it is${describe(path)}`),
    {
      hint: `add an app below its \`apps:\`, then \`deploy-receiver check\` and \`deploy-receiver reload\`:\n${apps}`,
    },
  )
}

/** What stands there, as far as it can be read. */
function describe(path: string): string {
  try {
    const { url, apps } = loadConfig(path, process.env)
    const names = Object.keys(apps)
    return `: ${url}, with ${names.length === 0 ? 'no app' : names.join(', ')}`
  } catch (error) {
    if (error instanceof ConfigError) return ', though `deploy-receiver check` finds it wrong'
    throw error
  }
}

const otherVariables = (env: string, missing: readonly FirstVariable[]) =>
  Object.assign(
    new Error(
      `${env} is there already, and is left as it is: it has no ${missing.map(({ name }) => name).join(', ')}`,
    ),
    {
      hint: missing
        .map(
          ({ name, kind, what }) =>
            `${what}: ${kind === 'password' ? `add ${name}=…` : `echo "${name}=${MAKE[kind]}" >>${env}`}`,
        )
        .join('\n'),
    },
  )

const MAKE = {
  hmac: 'whsec_$(openssl rand -base64 32)',
  token: '$(openssl rand -hex 24)',
} as const
