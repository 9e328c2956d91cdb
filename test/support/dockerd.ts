import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Docker from 'dockerode'
import { emptyEngine, unmountBelow } from './clear-away.ts'
import { startProcess, waitFor } from './processes.ts'

export interface PrivateEngine {
  /** Value for `DOCKER_HOST`. */
  host: string
  docker: Docker
  pid: number
  log(lines?: number): string
  /** Ends it with this signal, and starts it again on what it left. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a Docker engine of its own in `dir`: own images, socket and containerd, no default bridge, no firewall rules and
 * no forwarding, so an engine that runs already does not notice it. It knows registries on loopback as plain HTTP.
 */
export async function startDockerd({
  dir,
  args = [],
  env = {},
  within = [],
}: {
  dir: string
  /** Further flags. */
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
  /** A command, with its first arguments, that runs the engine in its own place. */
  within?: readonly string[]
}): Promise<PrivateEngine> {
  mkdirSync(join(dir, 'exec'), { recursive: true })
  // an empty one of its own: the machine's /etc/docker/daemon.json is another engine's
  const config = join(dir, 'daemon.json')
  writeFileSync(config, '{}')
  const socketPath = join(dir, 'docker.sock')
  const [command, ...before] = [...within, 'dockerd']
  const start = () =>
    startProcess({
      dir,
      name: 'dockerd',
      command,
      args: [
        ...before,
        `--host=unix://${socketPath}`,
        `--data-root=${join(dir, 'store')}`,
        `--exec-root=${join(dir, 'exec')}`,
        `--pidfile=${join(dir, 'exec', 'dockerd.pid')}`,
        `--config-file=${config}`,
        '--bridge=none',
        '--iptables=false',
        '--ip6tables=false',
        '--ip-masq=false',
        '--ip-forward=false',
        '--userland-proxy=false',
        '--shutdown-timeout=5',
        ...args,
      ],
      env: {
        ...process.env,
        ...env,
        PATH: `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`,
      },
    })
  let running = await start()
  const docker = new Docker({ socketPath })
  const answers = () =>
    waitFor(async () => (await docker.ping()) !== undefined, {
      what: `the private Docker engine in ${dir} did not start (it takes root)`,
      running,
    })
  await answers()
  return {
    host: `unix://${socketPath}`,
    docker,
    get pid() {
      return running.pid
    },
    log: (lines) => running.log(lines),
    async restart(signal) {
      running.kill(signal)
      await running.exited
      running = await start()
      await answers()
    },
    async stop() {
      await emptyEngine(socketPath)
      await running.stop()
      unmountBelow(dir)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
