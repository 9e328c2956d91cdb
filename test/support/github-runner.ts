import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parse } from 'yaml'
import { noteSecrets, secretsIn } from './leaks.ts'
import type { Annotation } from './workflow-commands.ts'
import { createCommandReader } from './workflow-commands.ts'

const ROOT = join(import.meta.dirname, '..', '..')

export interface ActionRun {
  /** The folder of another action's checkout; this one's unless said otherwise. */
  action?: string
  /** What the workflow writes under `with:`; the others get `action.yml`'s defaults. */
  inputs?: Readonly<Record<string, string>>
  /** Over the environment that GitHub would set. */
  env?: Readonly<Record<string, string>>
  /** What `${{ github.token }}` is. */
  token?: string
  /** The event's payload. */
  event?: unknown
  /** The payload's file as it is, instead of `event`. */
  eventText?: string
  /** The workspace. */
  cwd?: string
  /** Whether the post step runs too; true unless said otherwise. */
  post?: boolean
  /** Whether `action.yml`'s defaults are applied; true unless said otherwise. */
  defaults?: boolean
  /** Aborting it cancels the job as the runner does, with SIGINT, or with `killSignal`. */
  signal?: AbortSignal
  killSignal?: NodeJS.Signals
  /** Called with each line of the log, masked, as it comes. */
  onLine?: (line: string) => void
}

export interface ActionResult {
  /** Of the main step. */
  exitCode: number
  postExitCode?: number
  /** The log as GitHub would show it: secrets are `***`, commands are taken out. */
  lines: string[]
  annotations: Annotation[]
  outputs: Record<string, string>
  /** What later steps find in their environment. */
  variables: Record<string, string>
  /** The job summary, Markdown. */
  summary: string
  state: Record<string, string>
  /** Every value that the Action masked. */
  masks: string[]
  /** What was left in `RUNNER_TEMP`, apart from the runner's own files. */
  leftovers: string[]
}

/** Runs the committed bundle, or that of another action, as GitHub's runner would: environment, files, commands, masking, and the post step. */
export const runAction = async (run: ActionRun): Promise<ActionResult> => {
  const home = await mkdtemp(join(tmpdir(), 'github-runner-'))
  try {
    return await runIn(home, run)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

async function runIn(home: string, run: ActionRun): Promise<ActionResult> {
  const temporary = join(home, 'temp')
  await mkdir(temporary)
  const files = await makeCommandFiles(home)
  const eventPath = join(home, 'event.json')
  await writeFile(eventPath, run.eventText ?? JSON.stringify(run.event ?? DEFAULT_EVENT))
  const folder = run.action ?? ROOT
  const action = await readActionFile(folder)
  const github = { ...githubEnvironment(), ...run.env }
  const env = {
    ...inherited(),
    ...github,
    ...inputEnvironment(action, run, github),
    ...files,
    GITHUB_EVENT_PATH: eventPath,
    RUNNER_TEMP: temporary,
  }
  noteSecrets(secretsIn({ ...run.inputs, ...run.env }))
  const lines: string[] = []
  const reader = createCommandReader((line) => {
    lines.push(line)
    run.onLine?.(line)
  })
  const start = {
    cwd: run.cwd ?? ROOT,
    onLine: reader.read,
    ...(run.signal && { signal: run.signal }),
    killSignal: run.killSignal ?? 'SIGINT',
  }
  const exitCode = await runNode(join(folder, action.runs.main), { ...start, env })
  const state = parseKeyValues(await readFile(files.GITHUB_STATE, 'utf8'))
  const saved = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])
  const postExitCode =
    run.post === false || action.runs.post === undefined
      ? undefined
      : await runNode(join(folder, action.runs.post), {
          cwd: start.cwd,
          onLine: reader.read,
          env: { ...env, ...Object.fromEntries(saved) },
        })
  return {
    exitCode,
    ...(postExitCode !== undefined && { postExitCode }),
    lines,
    annotations: reader.annotations,
    masks: reader.masks,
    outputs: parseKeyValues(await readFile(files.GITHUB_OUTPUT, 'utf8')),
    variables: parseKeyValues(await readFile(files.GITHUB_ENV, 'utf8')),
    summary: reader.mask(await readFile(files.GITHUB_STEP_SUMMARY, 'utf8')),
    state,
    leftovers: (await readdir(temporary)).sort(),
  }
}

interface ActionFile {
  inputs: Record<string, { default?: string | boolean | number }>
  runs: { main: string; post?: string }
}

const readActionFile = async (folder: string): Promise<ActionFile> =>
  parse(await readFile(join(folder, 'action.yml'), 'utf8')) as ActionFile

/** What the runner hands on from its own machine; no `GITHUB_*`, `INPUT_*` or `STATE_*` of an outer job. */
const inherited = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(GITHUB|INPUT|STATE|RUNNER|ACTIONS|NODE_OPTIONS|VITEST)/.test(name),
    ),
  )

const DEFAULT_EVENT = {
  ref: 'refs/heads/main',
  repository: { full_name: 'acme/hello', default_branch: 'main', description: null, license: null },
  head_commit: { message: 'Say hello\n\nAt length.' },
}

const githubEnvironment = (): Record<string, string> => ({
  CI: 'true',
  GITHUB_ACTIONS: 'true',
  GITHUB_REPOSITORY: 'acme/hello',
  GITHUB_REPOSITORY_OWNER: 'acme',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REF_NAME: 'main',
  GITHUB_REF_TYPE: 'branch',
  GITHUB_RUN_ID: '1000000001',
  GITHUB_RUN_NUMBER: '1',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_ACTOR: 'octocat',
  GITHUB_JOB: 'deploy',
  GITHUB_ACTION: '__run',
  GITHUB_WORKFLOW: 'deploy',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_API_URL: 'https://api.github.com',
})

/** `INPUT_*` as the runner sets them: spaces become underscores, letters upper-case, hyphens stay. */
function inputEnvironment(action: ActionFile, run: ActionRun, github: Record<string, string>) {
  const context: Record<string, string> = {
    'github.token': run.token ?? 'ghs_0123456789abcdefghijklmnopqrstuvwxyz',
    'github.actor': github['GITHUB_ACTOR'] ?? '',
    'github.repository': github['GITHUB_REPOSITORY'] ?? '',
  }
  const evaluate = (text: string) =>
    text.replace(/\$\{\{\s*([\w.]+)\s*\}\}/g, (_, name: string) => {
      const value = context[name]
      if (value === undefined) throw new Error(`action.yml: no value for the expression ${name}`)
      return value
    })
  const unknown = Object.keys(run.inputs ?? {}).filter((name) => !(name in action.inputs))
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}`)
  const defaults =
    run.defaults === false
      ? []
      : Object.entries(action.inputs).map(([name, input]) => [
          name,
          evaluate(String(input.default ?? '')),
        ])
  const values = { ...Object.fromEntries(defaults), ...run.inputs } as Record<string, string>
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  )
}

async function makeCommandFiles(home: string) {
  const files = {
    GITHUB_OUTPUT: join(home, 'output'),
    GITHUB_STATE: join(home, 'state'),
    GITHUB_ENV: join(home, 'env'),
    GITHUB_PATH: join(home, 'path'),
    GITHUB_STEP_SUMMARY: join(home, 'summary.md'),
  }
  for (const path of Object.values(files)) await writeFile(path, '')
  return files
}

interface Start {
  cwd: string
  env: NodeJS.ProcessEnv
  onLine: (line: string) => void
  signal?: AbortSignal
  killSignal?: NodeJS.Signals
}

function runNode(
  script: string,
  { cwd, env, onLine, signal, killSignal = 'SIGINT' }: Start,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    createInterface({ input: child.stdout }).on('line', onLine)
    createInterface({ input: child.stderr }).on('line', onLine)
    signal?.addEventListener('abort', () => child.kill(killSignal), { once: true })
    child.on('error', reject)
    child.on('close', (code, killedBy) => resolve(code ?? (killedBy === null ? 1 : 130)))
  })
}

/** Reads a command file: `name=value` lines, and `name<<delimiter` … `delimiter` blocks. */
function parseKeyValues(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (let rest = text; rest !== '';) {
    const block = /^([^=\n]+?)<<(.+)\n(?:([^]*?)\n)??\2(?:\n|$)/.exec(rest)
    const [whole, name = '', ...captured] =
      block ?? /^([^=\n]+)=(.*)(?:\n|$)/.exec(rest) ?? /^.*\n?/.exec(rest) ?? []
    if (name !== '') values[name] = (block ? captured[1] : captured[0]) ?? ''
    rest = rest.slice(whole?.length ?? rest.length)
  }
  return values
}
