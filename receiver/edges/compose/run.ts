import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import type { ComposeSource } from '../../core/project/project.ts'

/** From asking it to end until it is ended. */
const GRACE_MS = 5000
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
  { files, project, profiles, envFile }: ComposeSource,
  { override, name = project }: { override?: string; name?: string } = {},
): string[] => [
  '--project-directory',
  dirname(files[0] ?? '/'),
  ...(name === undefined ? [] : ['--project-name', name]),
  ...(envFile === undefined ? [] : ['--env-file', envFile]),
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
  signal?.throwIfAborted()
  const child = spawn(program, ['compose', ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: composeEnvironment(env),
  })
  let [output, errors] = ['', '']
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    killGroup(child.pid, 'SIGTERM')
    killing = setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS)
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.length > MAX_OUTPUT_CHARACTERS) killGroup(child.pid, 'SIGKILL')
  })
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (errors = `${errors}${text}`.slice(-MAX_ERROR_CHARACTERS)))
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {})
  child.stdin.end(input)
  let isLate = false
  const timer = setTimeout(() => ((isLate = true), end()), limitMs)
  signal?.addEventListener('abort', end, { once: true })
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      // what it left behind goes with it, and holds its output open no longer
      child.once('exit', () => killGroup(child.pid, 'SIGKILL'))
      child.once('close', resolve)
    })
    signal?.throwIfAborted()
    return { status: isLate ? undefined : status, output, errors }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new ComposeError(
      'the docker command is not there, which reads Compose files',
      'install docker-ce-cli and docker-compose-plugin of at least 2.20, or what your distribution calls them',
      error,
    )
  } finally {
    clearTimeout(timer)
    clearTimeout(killing)
    signal?.removeEventListener('abort', end)
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // it is gone
  }
}
