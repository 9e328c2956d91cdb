import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { type FirstConfig, writeFirstConfig } from '../../config/first-config.ts'
import { envFileOf } from '../../config/variables.ts'
import type { Finding } from '../../core/finding.ts'
import { type Machine, thisMachine } from '../../serve/set-up.ts'
import type { Given } from '../command.ts'
import { showFindings } from '../findings.ts'
import { INTERRUPTED } from '../order.ts'
import { complain, say, sayJson } from '../print.ts'
import { findAnswers, type Said } from './answers.ts'
import { bringUp, isLive } from './bring-up.ts'
import { CalledOff, type Dialog, openDialog } from './dialog.ts'
import { type ToPaste, whatToPaste } from './paste.ts'

export interface InitOptions extends Given, Said {
  from?: string
  service?: string
  passwordFile?: string
  yes?: boolean
  start: boolean
  json?: boolean
}

/** Writes a first config, has the receiver run with it, and looks at it from outside in. */
export async function init(options: InitOptions, machine: Machine = thisMachine): Promise<number> {
  const began = performance.now()
  const { config: file, json = false, start, from } = options
  if (options.image === undefined && from === undefined && existsSync(file)) {
    throw wrong(
      `${file} is there already`,
      'deploy-receiver doctor looks at it; with --image it says what to add',
    )
  }
  mayWriteBelow(dirname(resolve(file)))
  const project = from === undefined ? undefined : await machine.project(from, options.service)
  const said = await ask({ ...project?.said, ...options }, machine)
  if (said === undefined) {
    complain('nothing was written')
    return INTERRUPTED
  }
  const { secrets } = said
  const first = project === undefined ? said.first : { ...said.first, compose: project.compose }
  const { config, written, variables } = machine.write(first, file, secrets, project?.projects)
  const env = envFileOf(file)
  const paste = whatToPaste(first, { url: config.url, env, variables })
  if (!json) {
    for (const each of written) say(`wrote ${each}`)
    if (written.length === 0) say(`${file} is there already, as it would be written`)
  }
  const checks = start
    ? await bringUp(first.app, config, { machine, say: json ? () => {} : complain })
    : []
  const isUp = start && checks.every(({ ok }) => ok)
  const live = isUp && (await isLive(first.app, config.socket))
  const changes = live ? [] : (project?.changes(config, first.app) ?? [])
  const seconds = Math.round((performance.now() - began) / 100) / 10
  const { app } = first
  const hook = `${config.url}/hooks/${app}`
  if (json) {
    sayJson({ written, url: config.url, app, hook, paste, changes, checks, seconds })
    return checks.every(({ ok }) => ok) ? 0 : 1
  }
  showPaste(paste)
  if (changes.length > 0) {
    say(
      `# what changes for ${first.compose?.file} by the first deployment; docs/compose.md has the way`,
    )
    for (const each of changes) say(`- ${each}`)
    console.log()
  }
  return showEnd(checks, { app, live, seconds })
}

/** Nobody is to answer questions, and hear then that it cannot be written. Throws the file system's own error. */
function mayWriteBelow(folder: string): void {
  if (existsSync(folder)) accessSync(folder, constants.W_OK | constants.X_OK)
  else mayWriteBelow(dirname(folder))
}

/** `undefined` when the person called it off. */
async function ask(
  options: InitOptions,
  machine: Pick<Machine, 'address' | 'repository'>,
): Promise<{ first: FirstConfig; secrets: Record<string, string> } | undefined> {
  const dialog = dialogFor(options)
  try {
    const first = await findAnswers(options, machine, dialog)
    return { first, secrets: await findPassword(first, options, dialog) }
  } catch (error) {
    if (error instanceof CalledOff) return undefined
    throw error
  } finally {
    dialog?.close()
  }
}

function dialogFor({ yes = false, json = false }: InitOptions): Dialog | undefined {
  if (yes || json) return undefined
  if (process.stdin.isTTY && process.stdout.isTTY) {
    return openDialog({ input: process.stdin, output: process.stdout })
  }
  throw wrong(
    'there is no terminal to ask at',
    'give the answers as options, with --yes: deploy-receiver init --help',
  )
}

/** That of the image's registry. It stands in the env file already, in a file of its own, or is typed. */
async function findPassword(
  first: FirstConfig,
  { config, passwordFile }: InitOptions,
  dialog: Dialog | undefined,
): Promise<Record<string, string>> {
  const password = writeFirstConfig(first).variables.find(({ kind }) => kind === 'password')
  if (password === undefined || existsSync(envFileOf(config))) return {}
  const value =
    passwordFile === undefined
      ? await dialog?.ask(`The ${password.what}, or a token (not shown):`, true)
      : (passwordFile === '-'
          ? await text(process.stdin)
          : readFileSync(passwordFile, 'utf8')
        ).trim()
  if (value) return { [password.name]: value }
  throw wrong(
    `the ${password.what} is missing`,
    'give it by --password-file FILE; - is standard input',
  )
}

function showPaste(paste: readonly ToPaste[]): void {
  for (const each of paste) say(`\n# ${each.title}\n${each.text}`)
  console.log()
}

function showEnd(
  checks: readonly Finding[],
  { app, live, seconds }: { app: string; live: boolean; seconds: number },
): number {
  const code = checks.length === 0 ? 0 : showFindings(checks, false)
  const next = live ? `${app} is live; the next deployment` : 'the first deployment'
  say(
    `\ndone in ${seconds} s${code === 0 ? `; ${next}: push, or deploy-receiver deploy ${app}` : ''}`,
  )
  return code
}

const wrong = (message: string, hint: string) => Object.assign(new Error(message), { hint })
