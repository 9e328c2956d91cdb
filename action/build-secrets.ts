import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ActionError } from './error.ts'
import type { Inputs } from './inputs.ts'
import { hide } from './log.ts'

/**
 * The build's secrets as buildx's `--secret` wants them. Values are written to files of the private directory, so that none
 * stands on a command line, and are masked in the log.
 * @throws ActionError `bad_input`, which names the secret and never shows its value.
 */
export const prepareSecrets = (
  inputs: Pick<Inputs, 'secrets' | 'secretFiles' | 'secretEnvs'>,
  directory: string,
  env: NodeJS.ProcessEnv,
): string[] => [
  ...inputs.secrets.map((entry, number) => {
    const [id, value] = split(entry, 'secrets', 'id=value')
    hide(value)
    const folder = join(directory, 'secrets')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, String(number))
    writeFileSync(file, value, { mode: 0o600, flag: 'wx' })
    return `id=${id},src=${file}`
  }),
  ...inputs.secretFiles.map((entry) => {
    const [id, file] = split(entry, 'secret-files', 'id=path')
    if (existsSync(file)) return `id=${id},src=${file}`
    throw new ActionError('bad_input', `input secret-files: ${id} is ${file}, which is not there`, {
      hint: 'Write the path of a file that an earlier step made, from the working directory.',
    })
  }),
  ...inputs.secretEnvs.map((entry) => {
    const [id, name] = split(entry, 'secret-envs', 'id=VARIABLE')
    if (env[name] !== undefined) {
      hide(env[name])
      return `id=${id},env=${name}`
    }
    throw new ActionError('bad_input', `input secret-envs: ${id} is ${name}, which is not set`, {
      hint: `Set it under env: of this step: ${name}: \${{ secrets.… }}.`,
    })
  }),
]

function split(entry: string, input: string, form: string): [string, string] {
  const at = entry.indexOf('=')
  const [id, value] = [entry.slice(0, Math.max(at, 0)).trim(), entry.slice(at + 1)]
  if (at > 0 && /^[\w.-]+$/.test(id) && value !== '') return [id, value]
  // whatever it is, it may be a secret
  throw new ActionError('bad_input', `input ${input}: one of its lines is not ${form}`, {
    hint: `Write one ${form} a line. A value with line ends, commas or quotes stands in quotes: "id=…".`,
  })
}
