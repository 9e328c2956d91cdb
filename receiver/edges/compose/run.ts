import { dirname } from 'node:path'
import { defined } from '../../core/defined.ts'
import type { ComposeSource } from '../../core/project/project.ts'
import { runInGroup } from '../run-in-group.ts'

/** In place of the `.env` that Compose reads unless it is told another one. */
const NO_FILE = '/dev/null'
const MAX_ERROR_CHARACTERS = 100_000
const MAX_OUTPUT_CHARACTERS = 16 * 1024 * 1024

export interface ComposeEnd {
  /** `undefined`: it did not end in its time. */
  status: number | null | undefined
  output: string
  errors: string
}

/** Why Compose did not do what it was told. */
export class ComposeError extends Error {
  readonly hint: string

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ComposeError'
    this.hint = hint
  }
}

/** What `docker compose` is told of a project before its command. The override goes over the project's own files. */
export const composeFlags = (
  { files, project, profiles, envFile, bare }: ComposeSource,
  { override, name = project }: { override?: string; name?: string } = {},
): string[] => [
  '--project-directory',
  dirname(files[0] ?? '/'),
  ...(name === undefined ? [] : ['--project-name', name]),
  ...(envFile === undefined && bare !== true ? [] : ['--env-file', envFile ?? NO_FILE]),
  ...profiles.flatMap((profile) => ['--profile', profile]),
  ...[...files, ...(override === undefined ? [] : [override])].flatMap((file) => ['--file', file]),
]

/** Of ours, what would make Compose read another project, or remove what is not in this one. */
export const composeEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('COMPOSE_'))),
  PATH: `${env['PATH'] ?? '/usr/bin:/bin'}:/usr/local/bin`,
  COMPOSE_REMOVE_ORPHANS: 'false',
  COMPOSE_IGNORE_ORPHANS: 'true',
  COMPOSE_ANSI: 'never',
  COMPOSE_MENU: 'false',
})

/**
 * Runs `docker compose` in a group of its own, without a shell, and ends all of that group at a deadline or when the signal aborts.
 * Throws `ComposeError` when there is none.
 */
export async function runCompose(
  args: readonly string[],
  {
    env,
    limitMs,
    input,
    signal,
    program = 'docker',
  }: {
    env: NodeJS.ProcessEnv
    limitMs: number
    /** What it reads. */
    input?: string
    signal?: AbortSignal | undefined
    program?: string
  },
): Promise<ComposeEnd> {
  let [output, errors] = ['', '']
  try {
    const status = await runInGroup(program, ['compose', ...args], {
      env: composeEnvironment(env),
      limitMs,
      ...defined({ input }),
      signal,
      output: (text) => (output += text).length <= MAX_OUTPUT_CHARACTERS,
      errors: (text) => (errors = `${errors}${text}`.slice(-MAX_ERROR_CHARACTERS)),
    })
    return { status, output, errors }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new ComposeError(
      'the docker command is not there, which reads Compose files',
      'install docker-ce-cli and docker-compose-plugin of at least 2.20, or what your distribution calls them',
      error,
    )
  }
}
