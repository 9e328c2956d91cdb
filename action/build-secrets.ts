import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildInputs } from './build-inputs.ts'
import { formatFields } from './lists.ts'
import { hide, warn } from './log.ts'

/** A line shorter than this is no secret, and to mask it would cross out `1`, `true` or `}` all over the log. */
const MIN_MASKED_CHARACTERS = 8

type SecretInputs = Pick<BuildInputs, 'secrets' | 'secretFiles' | 'secretEnvs'>

/**
 * The build's secrets as buildx's `--secret` wants them. Values are written to files of the private directory as they are, so
 * that none stands on a command line, and are masked in the log. Variables are not: those that come from the workflow's
 * secrets are masked by the runner, and others are none. One that is not there is left out with a warning, which names its id
 * alone: what stands behind it may be the secret, where a path or a variable should. A build that needs it fails by itself.
 */
export const prepareSecrets = (
  inputs: SecretInputs,
  directory: string,
  env: NodeJS.ProcessEnv,
): string[] => [
  ...inputs.secrets.flatMap((entry, number) => {
    const [id, value] = split(entry, 'secrets') ?? []
    if (id === undefined || value === undefined) return []
    hideLines(value)
    const folder = join(directory, 'secrets')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, String(number))
    writeFileSync(file, value, { mode: 0o600, flag: 'wx' })
    return formatFields([`id=${id}`, `src=${file}`])
  }),
  ...inputs.secretFiles.flatMap((entry) => {
    const [id, file] = split(entry, 'secret-files') ?? []
    if (id === undefined || file === undefined) return []
    if (existsSync(file)) return formatFields([`id=${id}`, `src=${file}`])
    leaveOut(`secret-files: the file that ${id} names is not there`)
    return []
  }),
  ...inputs.secretEnvs.flatMap((entry) => {
    const [id, name] = split(entry, 'secret-envs') ?? []
    if (id === undefined || name === undefined) return []
    if (env[name] !== undefined) return formatFields([`id=${id}`, `env=${name}`])
    leaveOut(
      `secret-envs: the variable that ${id} names is not set under env: of this step (NAME: \${{ secrets.… }})`,
    )
    return []
  }),
]

/** The ids that the workflow gives a secret, whichever way. */
export const secretIds = ({ secrets, secretFiles, secretEnvs }: SecretInputs): string[] =>
  [...secrets, ...secretFiles, ...secretEnvs].map(idOf)

/** The toolkit would mask each line of a value, be it but a bracket. */
function hideLines(value: string): void {
  const lines = value.split(/\r\n|\n|\r/).map((line) => line.trim())
  hide(...lines.filter((line) => line.length >= MIN_MASKED_CHARACTERS))
}

const FORMS = {
  secrets: 'id=value',
  'secret-files': 'id=path',
  'secret-envs': 'id=VARIABLE',
} as const

function split(entry: string, input: keyof typeof FORMS): [string, string] | undefined {
  const [id, value] = [idOf(entry), entry.slice(entry.indexOf('=') + 1)]
  if (id !== '' && value.trim() !== '') return [id, value]
  if (id !== '') leaveOut(`${input}: ${id} is empty, for what it is made of is not set`)
  else {
    // whatever it is, it may be a secret
    leaveOut(
      `${input}: one of its lines is not ${FORMS[input]}. A value with line ends stands in quotes: "id=…"`,
    )
  }
  return undefined
}

const idOf = (entry: string): string => entry.slice(0, Math.max(entry.indexOf('='), 0)).trim()

const leaveOut = (what: string): void => warn(`input ${what}; the build goes on without it`)
