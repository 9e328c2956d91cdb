import { parseArgs } from 'node:util'
import type { Options } from './cli/options.ts'
import { fileFailure } from './core/file-failure.ts'
import { VERSION } from './serve/version.ts'

const USAGE = `deploy-receiver runs what was pushed, behind Nginx.

  deploy-receiver serve    [--config FILE]   take hooks and deploy
  deploy-receiver check    [--config FILE]   say whether the config is right  [--strict] [--registries] [--json]
  deploy-receiver doctor                     look at all that a deployment needs, with remedies  [--json]
  deploy-receiver status   [APP]             what is live, since when, and what is under way  [--json]
  deploy-receiver history  APP               its deployments, newest first  [--limit N] [--json]
  deploy-receiver deploy   APP [IMAGE|TAG]   deploy that image, or what the followed tag stands for now  [--json]
  deploy-receiver rollback APP [TO]          back to the digest before, or to a tag, digest or deployment that was live  [--current-settings | --release-settings] [--json]
  deploy-receiver tags     APP               the registry's tags, and which of them were deployed  [--json]
  deploy-receiver hook     APP               its URL, the workflow step and the curl lines that fit it  [--json]
  deploy-receiver reload                     read the config again; a wrong one is refused  [--overwrite] [--json]
  deploy-receiver remove   APP               take an app that is not in the config off this machine  [--volumes] [--json]
  deploy-receiver adopt    [--config FILE]   put what runs on record again when the data was lost  [--slot APP=blue|green] [--json]
  deploy-receiver audit    [APP]             who asked for what, and what came of it  [--limit N] [--json]
  deploy-receiver version                    print the version

FILE is /etc/deploy-receiver/config.yaml unless given.
`

const SEE_USAGE = 'deploy-receiver --help shows the commands and their options'

/**
 * A command resolves to its exit status: 0 done, 1 failed, 2 wrong usage. `takes` is how many words may follow it. Each
 * loads what it needs alone: most ask the receiver one question.
 */
const COMMANDS: Readonly<
  Record<string, { load: () => Promise<(options: Options) => Promise<number>>; takes: number }>
> = {
  serve: { load: async () => (await import('./cli/serve.ts')).run, takes: 0 },
  check: { load: async () => (await import('./cli/check.ts')).check, takes: 0 },
  doctor: { load: async () => (await import('./cli/doctor.ts')).doctor, takes: 0 },
  status: { load: async () => (await import('./cli/status.ts')).status, takes: 1 },
  history: { load: async () => (await import('./cli/history.ts')).history, takes: 1 },
  deploy: { load: async () => (await import('./cli/deploy.ts')).deploy, takes: 2 },
  rollback: { load: async () => (await import('./cli/deploy.ts')).rollback, takes: 2 },
  tags: { load: async () => (await import('./cli/tags.ts')).tags, takes: 1 },
  hook: { load: async () => (await import('./cli/hook.ts')).hook, takes: 1 },
  reload: { load: async () => (await import('./cli/reload.ts')).reload, takes: 0 },
  remove: { load: async () => (await import('./cli/remove.ts')).remove, takes: 1 },
  adopt: { load: async () => (await import('./cli/adopt.ts')).adopt, takes: 0 },
  audit: { load: async () => (await import('./cli/audit.ts')).audit, takes: 1 },
  version: { load: async () => showVersion, takes: 0 },
}

async function showVersion(): Promise<number> {
  console.log(VERSION)
  return 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(`deploy-receiver: ${explain(error)}`)
  process.exitCode = 1
}

async function main(argv: string[]): Promise<number> {
  let parsed
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        config: { type: 'string', short: 'c', default: '/etc/deploy-receiver/config.yaml' },
        json: { type: 'boolean', default: false },
        registries: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        'current-settings': { type: 'boolean', default: false },
        'release-settings': { type: 'boolean', default: false },
        slot: { type: 'string', multiple: true, default: [] },
        volumes: { type: 'boolean', default: false },
        overwrite: { type: 'boolean', default: false },
        limit: { type: 'string', short: 'n', default: '20' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    // behind the first sentence Node explains a way to pass such a word on, which no command has
    const [what] = explain(error).split('. ')
    console.error(`deploy-receiver: ${what}\n  ${SEE_USAGE}`)
    return 2
  }
  const { values, positionals } = parsed
  const [name, ...rest] = positionals
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const command = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name]
  if (command === undefined || rest.length > command.takes) {
    if (name === undefined) console.error(`deploy-receiver: a command is missing\n\n${USAGE}`)
    else console.error(`deploy-receiver: ${await explainUsage(name, rest, command?.takes)}`)
    return 2
  }
  const run = await command.load()
  return run({
    ...values,
    currentSettings: values['current-settings'],
    releaseSettings: values['release-settings'],
    rest,
  })
}

async function explainUsage(
  name: string,
  rest: readonly string[],
  takes: number | undefined,
): Promise<string> {
  if (takes !== undefined) {
    const word = JSON.stringify(rest[takes])
    return `${name} takes ${takes === 0 ? 'no word' : takes === 1 ? 'one word' : `${takes} words`}, and ${word} is one too many\n  ${SEE_USAGE}`
  }
  const { nearest } = await import('./config/nearest.ts')
  const near = nearest(name, Object.keys(COMMANDS))
  const remedy = near === undefined ? SEE_USAGE : `did you mean ${near}?`
  return `there is no command ${JSON.stringify(name)}\n  ${remedy}`
}

/** The message with its remedy, without a stack: the reader is an operator. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { path } = error as { path?: unknown }
  const failure = typeof path === 'string' ? fileFailure(path, error) : undefined
  if (failure !== undefined) return `${failure.message}\n  ${failure.hint}`
  const hint = (error as { hint?: unknown }).hint
  return typeof hint === 'string' ? `${error.message}\n  ${hint}` : error.message
}
