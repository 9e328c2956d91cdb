import { which } from '@actions/io'
import { ActionError } from './error.ts'
import { say } from './log.ts'
import { type CommandRun, runCommand } from './run-command.ts'

/** Lines of a command that are kept for the reason of its failure. */
const KEPT_LINES = 60

export type DockerCall = Pick<CommandRun, 'env' | 'signal'>

/**
 * Runs `docker`, and prints the command and what it says as it comes.
 * @throws ActionError `build_failed` with the command's first words when it ends with another status than 0,
 * `no_docker` when there is none, `cancelled`.
 */
export const runDocker = async (args: readonly string[], call: DockerCall): Promise<void> => {
  say(`[command]${['docker', ...args].map(quoted).join(' ')}`)
  const last: string[] = []
  const status = await start(args, call, (line) => {
    if (last.push(line) > KEPT_LINES) last.shift()
    say(line)
  })
  if (status !== 0) throw failed(args, status, last)
}

/** Runs `docker` and returns what it wrote to standard output; its errors are printed. Throws like {@link runDocker}. */
export const readDocker = async (args: readonly string[], call: DockerCall): Promise<string> => {
  const output: string[] = []
  const status = await start(args, call, (line, source) => {
    if (source === 'stdout') output.push(line)
    else say(line)
  })
  if (status !== 0) throw failed(args, status, output)
  return output.join('\n')
}

/** Whether `docker buildx` is there. */
export const hasBuildx = async (call: DockerCall): Promise<boolean> =>
  (await start(['buildx', 'version'], call, () => {})) === 0

async function start(
  args: readonly string[],
  call: DockerCall,
  onLine: CommandRun['onLine'],
): Promise<number> {
  const docker = await which('docker')
  if (docker === '') throw noDocker()
  const status = await runCommand(docker, args, { ...call, onLine }).catch((cause: Error) => {
    throw new ActionError('no_docker', `docker cannot be run: ${cause.message}`, { cause })
  })
  if (call.signal.aborted) throw new ActionError('cancelled', 'cancelled while docker ran')
  return status
}

/** For people: as a shell would take it. */
const quoted = (arg: string): string =>
  /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`

const noDocker = (): ActionError =>
  new ActionError('no_docker', 'the docker command is not on this runner', {
    hint: 'Use a runner that has Docker (ubuntu-latest does; macOS runners have none), put the docker command into the container of the job, or write build: false to deploy an image that exists.',
  })

/** A failed command, with the last lines that it printed. */
export class DockerError extends ActionError {
  readonly output: string

  constructor(message: string, hint: string, output: string) {
    super('build_failed', message, { hint })
    this.output = output
  }
}

/** What a registry or a builder says when it fails, and what to do. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /immutable|cannot be overwritten/i,
    'The registry does not let a tag be pushed twice, and it holds another image: give each build a tag of its own (the commit is one).',
  ],
  [
    /unauthorized|authentication required|no basic auth|denied|forbidden|\b40[13]\b/i,
    'Check registry, username and password, and that this user may push to the repository. For ghcr.io the job needs "permissions: packages: write".',
  ],
  [/no space left on device/i, 'The runner’s disk is full.'],
  [
    /toomanyrequests|rate limit|\b429\b/i,
    'The registry limits how often it is asked: sign in to it, or run the job again later.',
  ],
]

function failed(args: readonly string[], status: number, lines: readonly string[]): ActionError {
  const command = [
    'docker',
    ...args.slice(0, args[0] === 'buildx' || args[0] === 'image' ? 2 : 1),
  ].join(' ')
  const output = lines.join('\n')
  const hint = HINTS.find(([says]) => says.test(output))?.[1] ?? 'Its output above says why.'
  return new DockerError(`${command} ended with status ${status}`, hint, output)
}
