import { accessSync, constants } from 'node:fs'
import { fileFailure } from '../../core/file-failure.ts'
import type { ComposeSource } from '../../core/project/project.ts'
import { defined } from '../../core/defined.ts'
import { printable } from '../printable.ts'
import { lackingIn } from './lacking.ts'
import { bareEnvironment, refuseUnfilled, withoutEnvFiles } from './read-bare.ts'
import { composeFlags, ComposeError, runCompose } from './run.ts'

/** Reading a few files takes it less than a second; `include` may fetch some. */
const LIMIT_MS = 60_000
const OLDEST = [2, 20] as const
const SHOWN_BYTES = 2000
const MOST_WARNINGS = 20

/**
 * Has Compose read a project, with all that its files are made of: `.env`, profiles, `extends`, `include`, anchors; a `bare` one without
 * what this machine alone knows. Resolves to its
 * JSON, to what it warns of, and to the version that it is. Throws `ComposeError`, with the remedy.
 */
export async function readProject(
  source: ComposeSource,
  env: NodeJS.ProcessEnv,
  { signal, program, limitMs = LIMIT_MS }: ReadOptions = {},
): Promise<{ json: unknown; warnings: string[]; version: string }> {
  for (const file of source.files) requireFile(file)
  if (source.envFile !== undefined) requireFile(source.envFile)
  const { bare = false } = source
  const options = {
    env: bare ? bareEnvironment(env) : env,
    limitMs,
    signal,
    ...(program === undefined ? {} : { program }),
  }
  const input = bare ? await withoutEnvFiles(source, options) : undefined
  const flags = [...composeFlags(source), ...(bare ? ['--file', '-'] : [])]
  const [which, read] = await Promise.all([
    runCompose(['version', '--short'], options),
    runCompose([...flags, 'config', '--format', 'json'], { ...options, ...defined({ input }) }),
  ])
  const version = versionIn(which)
  const [file = ''] = source.files
  if (read.status === undefined) {
    throw new ComposeError(
      `docker compose config did not end within ${limitMs / 1000} s on ${file}`,
      `try it by hand: docker compose -f ${file} config -q`,
    )
  }
  if (read.status !== 0) {
    const lacks = lackingIn(version)
    throw new ComposeError(
      `Compose refuses ${file}: ${said(read.errors) || `it ended with ${read.status}`}`,
      `docker compose -f ${file} config -q says the same${lacks === '' ? '' : ` (it is ${version}, which lacks ${lacks})`}; what is deployed goes on as it is`,
    )
  }
  const warnings = warningsIn(read.errors)
  if (bare) refuseUnfilled(source, { version, warnings })
  try {
    return { json: JSON.parse(read.output) as unknown, warnings, version }
  } catch (cause) {
    throw new ComposeError(
      `what Compose says of ${file} is not JSON`,
      'upgrade Compose: docker compose version',
      cause,
    )
  }
}

export interface ReadOptions {
  signal?: AbortSignal
  /** In place of `docker`. */
  program?: string
  limitMs?: number
}

function requireFile(file: string): void {
  try {
    accessSync(file, constants.R_OK)
  } catch (error) {
    const { message, hint } = fileFailure(file, error) ?? {
      message: `${file} cannot be read`,
      hint: String(error),
    }
    throw new ComposeError(message, hint, error)
  }
}

/** Of `2.26.1-4` or `v2.20.0`, without the `v`. An older one than there has to be is refused. */
function versionIn({ status, output, errors }: Awaited<ReturnType<typeof runCompose>>): string {
  const hint = 'install docker-compose-plugin of at least 2.20, or what your distribution calls it'
  const version = output.trim().replace(/^v/, '')
  const [, major = '', minor = ''] = /^(\d{1,5})\.(\d{1,5})/.exec(version) ?? []
  if (status !== 0 || major === '') {
    throw new ComposeError(
      `there is no Docker Compose: ${said(errors) || 'docker compose version says nothing'}`,
      hint,
    )
  }
  const [atLeast, andMinor] = OLDEST
  if (Number(major) > atLeast || (Number(major) === atLeast && Number(minor) >= andMinor))
    return printable(Buffer.from(version), SHOWN_BYTES)
  throw new ComposeError(`Docker Compose is ${version}, and at least 2.20 is needed`, hint)
}

/** `time="…" level=warning msg="The \"TAG\" variable is not set. …"`, each once. */
const warningsIn = (errors: string): string[] => {
  const lines = errors.split('\n').flatMap((line) => {
    const at = line.indexOf('level=warning msg="')
    return at === -1 ? [] : line.slice(at + 'level=warning msg="'.length).replace(/"\s*$/, '')
  })
  const texts = [...new Set(lines)].slice(0, MOST_WARNINGS)
  return texts.map((text) => printable(Buffer.from(text.replaceAll('\\"', '"')), SHOWN_BYTES))
}

/** Its last words, without its warnings. */
export const said = (errors: string): string =>
  printable(
    Buffer.from(
      errors
        .split('\n')
        .filter((line) => line.trim() !== '' && !/level=warning/.test(line))
        .join('; '),
    ),
    SHOWN_BYTES,
  )
