import { which } from '@actions/io'
import { type Failure, hintFor, readFailure } from './docker-failure.ts'
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

/**
 * The version of `docker buildx`, `''` when it says none; undefined when it is not there.
 * @throws ActionError `no_docker` also where the command is Podman's.
 */
export const buildxVersion = async (call: DockerCall): Promise<string | undefined> => {
  const said: string[] = []
  const status = await start(['buildx', 'version'], call, (line) => said.push(line))
  const text = said.join('\n')
  if (/podman|buildah/i.test(text)) throw isPodman()
  return status === 0 ? (/\bv?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? '') : undefined
}

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

const isPodman = (): ActionError =>
  new ActionError('no_docker', 'the docker command on this runner is Podman', {
    hint: 'What Podman pushes has another digest than it says. Use a runner that has Docker (ubuntu-latest does), or push with Podman itself and write build: false with image.',
  })

/** A failed command, with the last lines that it printed, and whose words in them say why. */
export class DockerError extends ActionError {
  readonly output: string
  readonly failure: Failure | undefined

  constructor(message: string, output: string, failure: Failure | undefined) {
    super('build_failed', message, { hint: hintFor(failure) })
    this.output = output
    this.failure = failure
  }
}

function failed(args: readonly string[], status: number, lines: readonly string[]): ActionError {
  const command = [
    'docker',
    ...args.slice(0, args[0] === 'buildx' || args[0] === 'image' ? 2 : 1),
  ].join(' ')
  return new DockerError(
    `${command} ended with status ${status}`,
    lines.join('\n'),
    readFailure(args, lines),
  )
}
