import { Command, CommanderError } from 'commander'
import { fileFailure } from '../core/file-failure.ts'
import { VERSION } from '../version.ts'
import { printableLines } from '../core/printable.ts'
import { complain } from './print.ts'

/** The commands in the order in which the help shows them. Each is loaded alone: most ask the receiver one question. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  init: async () => (await import('./init.ts')).initCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  history: async () => (await import('./history.ts')).historyCommand(),
  show: async () => (await import('./show.ts')).showCommand(),
  logs: async () => (await import('./logs.ts')).logsCommand(),
  run: async () => (await import('./run.ts')).runCommand(),
  exec: async () => (await import('./exec.ts')).execCommand(),
  plan: async () => (await import('./plan.ts')).planCommand(),
  deploy: async () => (await import('./deploy.ts')).deployCommand(),
  rollback: async () => (await import('./rollback.ts')).rollbackCommand(),
  restart: async () => (await import('./restart.ts')).restartCommand(),
  stop: async () => (await import('./stop.ts')).stopCommand(),
  start: async () => (await import('./start.ts')).startCommand(),
  compose: async () => (await import('./compose.ts')).composeCommand(),
  tags: async () => (await import('./tags.ts')).tagsCommand(),
  hook: async () => (await import('./hook.ts')).hookCommand(),
  maintenance: async () => (await import('./maintenance.ts')).maintenanceCommand(),
  fleet: async () => (await import('./fleet.ts')).fleetCommand(),
  drain: async () => (await import('./drain.ts')).drainCommand(),
  certificates: async () => (await import('./certificates.ts')).certificatesCommand(),
  notify: async () => (await import('./notify.ts')).notifyCommand(),
  reload: async () => (await import('./reload.ts')).reloadCommand(),
  remove: async () => (await import('./remove.ts')).removeCommand(),
  adopt: async () => (await import('./adopt.ts')).adoptCommand(),
  'login-link': async () => (await import('./login-link.ts')).loginLinkCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./restore.ts')).restoreCommand(),
  uninstall: async () => (await import('./uninstall.ts')).uninstallCommand(),
  audit: async () => (await import('./audit.ts')).auditCommand(),
  completion: async () => (await import('./completion.ts')).completionCommand(openProgram),
  version: async () => (await import('./version.ts')).versionCommand(),
}

/** Runs what a command line asks for. Resolves to the exit status: 0 done, 1 failed, 2 wrong usage. */
export async function runProgram(words: readonly string[]): Promise<number> {
  const program = await openProgram(commandIn(words))
  try {
    await program.parseAsync(words, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : WRONG_USAGE
  }
}

const WRONG_USAGE = 2
/** Columns beside the words: on a narrower terminal it is broken anywhere. */
const NARROWEST_HELP = 16

/** The first word that is neither an option nor what one takes. */
function commandIn(words: readonly string[]): string | undefined {
  const isValue = (at: number) => ['-c', '--config'].includes(words[at - 1] ?? '')
  return words.find((word, at) => !word.startsWith('-') && !isValue(at))
}

/** The program with one of its commands, or with all of them when there is none of that name. */
export async function openProgram(name?: string): Promise<Command> {
  const program = new Command('deploy-receiver')
    .description('Runs what was pushed, behind Nginx.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('-c, --config <file>', 'its config', '/etc/deploy-receiver/config.yaml')
    .helpOption('-h, --help', 'show this, or with a command what it takes')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: NARROWEST_HELP })
    .configureOutput({
      writeErr: (text) => complain(text.trimEnd()),
      outputError: (said, write) => write(inPlainWords(said)),
    })
    .exitOverride()
  const load = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const loads = load === undefined ? Object.values(COMMANDS) : [load]
  for (const each of await Promise.all(loads.map((one) => one()))) {
    each.copyInheritedSettings(program).helpOption('-h, --help', 'show this')
    each.showHelpAfterError(`  ${program.name()} ${each.name()} --help shows what it takes`)
    program.addCommand(each)
  }
  return program.showHelpAfterError(`  ${program.name()} --help shows the commands`)
}

/** What commander says, as every other error of ours reads. */
const inPlainWords = (said: string) =>
  said
    .trimEnd()
    .replace(/^error:/, 'deploy-receiver:')
    .replaceAll('\n', '\n  ')

/** The message with its remedy, without a stack: the reader is an operator. What others said in it cannot move the cursor. */
export function explain(error: unknown): string {
  return printableLines(inWords(error))
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { path } = error as { path?: unknown }
  const failure = typeof path === 'string' ? fileFailure(path, error) : undefined
  if (failure !== undefined) return `${failure.message}\n  ${failure.hint}`
  const hint = (error as { hint?: unknown }).hint
  return typeof hint === 'string' ? `${error.message}\n  ${hint}` : error.message
}
