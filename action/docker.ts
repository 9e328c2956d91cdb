import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ActionError } from './error.ts'
import { say } from './log.ts'

export interface DockerCall {
  env: NodeJS.ProcessEnv
  signal: AbortSignal
}

/**
 * Runs `docker` and prints what it says as it comes.
 * @throws ActionError `build_failed` with the command's first words when it ends with another status than 0,
 * `no_docker` when there is none, `cancelled`.
 */
export const runDocker = async (args: readonly string[], call: DockerCall): Promise<void> => {
  const status = await start(args, call, say)
  if (status !== 0) throw failed(args, status)
}

/** Runs `docker` and returns what it wrote to standard output; its errors are printed. Throws like {@link runDocker}. */
export const readDocker = async (args: readonly string[], call: DockerCall): Promise<string> => {
  const output: string[] = []
  const status = await start(args, call, (line, source) => {
    if (source === 'stdout') output.push(line)
    else say(line)
  })
  if (status !== 0) throw failed(args, status)
  return output.join('\n')
}

/** Whether `docker buildx` is there. */
export const hasBuildx = async (call: DockerCall): Promise<boolean> =>
  (await start(['buildx', 'version'], call, () => {})) === 0

type OnLine = (line: string, source: 'stdout' | 'stderr') => void

function start(
  args: readonly string[],
  { env, signal }: DockerCall,
  onLine: OnLine,
): Promise<number> {
  return new Promise((resolve, reject) => {
    // both outputs go through this process, so that a line of a build can be no workflow command
    const child = spawn('docker', args, {
      env,
      signal,
      killSignal: 'SIGINT',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    createInterface({ input: child.stdout }).on('line', (line) => onLine(line, 'stdout'))
    createInterface({ input: child.stderr }).on('line', (line) => onLine(line, 'stderr'))
    child.on('error', (cause) => reject(couldNotRun(cause, signal)))
    child.on('close', (code, killedBy) => resolve(code ?? (killedBy === null ? 1 : 130)))
  })
}

function couldNotRun(cause: Error, signal: AbortSignal): ActionError {
  if (signal.aborted) return new ActionError('cancelled', 'cancelled while docker ran', { cause })
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    return new ActionError('no_docker', 'the docker command is not on this runner', {
      hint: 'Use a runner that has Docker (ubuntu-latest does), or build: false to deploy an image that exists.',
      cause,
    })
  }
  return new ActionError('no_docker', `docker cannot be run: ${cause.message}`, { cause })
}

function failed(args: readonly string[], status: number): ActionError {
  const command = [
    'docker',
    ...args.slice(0, args[0] === 'buildx' || args[0] === 'image' ? 2 : 1),
  ].join(' ')
  return new ActionError('build_failed', `${command} ended with status ${status}`, {
    hint: 'Its output above says why.',
  })
}
