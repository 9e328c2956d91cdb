import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { guardSecrets } from './leaks.ts'
import { type Running, startProcess, waitForUrl } from './processes.ts'
import { PROGRAM } from './program.ts'

export interface RunningReceiver extends Running {
  /** Where it listens: `http://127.0.0.1:PORT`. */
  url: string
  /** Its config file. */
  config: string
}

/**
 * Starts the receiver as a process of its own, as systemd would, and waits until it answers. Started again with the same
 * `dir` and config after a `kill('SIGKILL')`, it finds what the first one left.
 */
export async function startReceiver({
  config,
  dir,
  env,
  within = [],
}: {
  /** Written as YAML; `listen` has to name a loopback address with its port. */
  config: { listen: string } & Record<string, unknown>
  dir: string
  /** Over this process's environment: `DOCKER_HOST`, and what the config's `${…}` name. */
  env: Readonly<Record<string, string>>
  /** A command, with its first arguments, that runs the receiver in its own place. */
  within?: readonly string[]
}): Promise<RunningReceiver> {
  mkdirSync(dir, { recursive: true })
  guardSecrets(dir, { config, env })
  const file = join(dir, 'config.yaml')
  writeFileSync(file, stringify(config), { mode: 0o600 })
  const [command, ...before] = [...within, PROGRAM]
  const running = await startProcess({
    dir,
    name: 'receiver',
    command,
    args: [...before, 'serve', '--config', file],
    env: { ...process.env, ...env },
  })
  const url = `http://${config.listen}`
  await waitForUrl(`${url}/healthz`, running)
  return { ...running, url, config: file }
}
