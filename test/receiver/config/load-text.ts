import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AppConfig } from '../../../receiver/config/config.ts'
import { loadConfig } from '../../../receiver/config/load.ts'
import { ConfigError, describeProblem } from '../../../receiver/config/problems.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Reads a config given as text, with files beside it. Its name is `config.yaml`, in a directory of its own. */
export function load(
  text: string,
  env: Env = {},
  files: Readonly<Record<string, string>> = {},
  remark?: Parameters<typeof loadConfig>[2],
  asked?: Parameters<typeof loadConfig>[3],
) {
  const dir = mkdtempSync(join(tmpdir(), 'deploy-config-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content)
    writeFileSync(join(dir, 'config.yaml'), text)
    return loadConfig(join(dir, 'config.yaml'), env, remark, asked)
  } catch (error) {
    if (error instanceof ConfigError) error.message = error.message.replaceAll(`${dir}/`, '')
    throw error
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** The lines of the error that a config ends in: `config.yaml:line:column: path: message; hint`. None when it is right. */
export function problems(text: string, env: Env = {}, files?: Readonly<Record<string, string>>) {
  try {
    load(text, env, files)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
}

/** What is remarked of a config that is right, in the form of `problems`. */
export function remarks(text: string, env: Env = {}, files?: Readonly<Record<string, string>>) {
  const said = { warnings: [] as string[], notices: [] as string[] }
  load(text, env, files, ({ warnings: unwise, notices }) => {
    said.warnings = unwise.map((each) => describeProblem('config.yaml', each))
    said.notices = notices.map((each) => describeProblem('config.yaml', each))
  })
  return said
}

export const warnings = (...args: Parameters<typeof remarks>) => remarks(...args).warnings
export const notices = (...args: Parameters<typeof remarks>) => remarks(...args).notices

/** A config with the one app `api`; its further lines begin on line 5, its keys in column 5. */
export const withApp = (...lines: string[]): string =>
  ['url: https://d.example', 'apps:', '  api:', '    image: ghcr.io/acme/api', ...lines]
    .map((line, index) => (index < 4 ? line : `    ${line}`))
    .join('\n')

/** A config whose further lines begin on line 3, in column 1. */
export const withLines = (...lines: string[]): string =>
  ['url: https://d.example', 'apps: { api: { image: ghcr.io/acme/api } }', ...lines].join('\n')

/** The app of `withApp`, loaded. */
export function app(
  lines: string[],
  env?: Env,
  files?: Readonly<Record<string, string>>,
): AppConfig {
  const found = load(withApp(...lines), env, files).apps['api']
  if (found === undefined) throw new Error('there is no app api')
  return found
}
