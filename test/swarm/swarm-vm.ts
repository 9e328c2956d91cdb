import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM } from '../support/program.ts'
import type { PrivateSwarm } from '../support/swarm.ts'
import { startVm, type Vm } from '../support/vm.ts'

export interface SwarmVm extends Vm {
  /** The app's settings, to change before it starts. */
  app: Record<string, unknown>
  /** Runs a command of the receiver as its operator does. */
  cli(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }>
  /** Runs `docker` at the receiver's engine, signed in to the registry. */
  docker(...words: string[]): Promise<string>
}

/** Nginx and a receiver that speaks to the manager of a swarm, with the app `api` as a service of it. */
export async function startSwarmVm(
  swarm: Pick<PrivateSwarm, 'dockerHost' | 'registry' | 'nodes'>,
  name: string,
  { port, host = swarm.dockerHost }: { port: number; host?: string },
): Promise<SwarmVm> {
  const vm = await startVm({ dir: '', dockerHost: host, registry: swarm.registry }, name)
  const { push } = vm
  const { api = {} } = vm.config.apps
  const { drain: _, ...common } = api
  const nodes = swarm.nodes.map(({ address }) => address)
  const app = {
    ...common,
    engine: 'swarm',
    port: 8000,
    swarm: { publish: { port, mode: 'host', nodes } },
  }
  vm.config.apps = { api: app }
  const signedIn = signIn(vm.dir, swarm.registry)
  return Object.assign(vm, {
    app,
    cli: (...words: string[]) =>
      run(PROGRAM, ['--config', join(vm.dir, 'config.yaml'), ...words], process.env),
    async docker(...words: string[]) {
      const { code, stdout, stderr } = await run('docker', words, {
        ...process.env,
        DOCKER_HOST: host,
        DOCKER_CONTEXT: '',
        DOCKER_CONFIG: signedIn,
      })
      if (code !== 0) throw new Error(`docker ${words.join(' ')}: ${stderr}`)
      return stdout.trim()
    },
    push: (version: string, options: Parameters<Vm['push']>[1] = {}) =>
      push(version, { held: false, ...options }),
  })
}

/** Resolves to a configuration of Docker's command. */
function signIn(dir: string, { host, username, password }: PrivateSwarm['registry']): string {
  const folder = join(dir, 'docker-config')
  mkdirSync(folder, { mode: 0o700 })
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }), {
    mode: 0o600,
  })
  return folder
}

const run = (command: string, words: readonly string[], env: NodeJS.ProcessEnv) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(command, words, { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
