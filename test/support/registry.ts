import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from './ports.ts'
import { startProcess, waitFor } from './processes.ts'

export interface PrivateRegistry {
  /** `ADDRESS:PORT`, as it stands in image references. */
  host: string
  username: string
  password: string
  pid: number
  log(lines?: number): string
  stop(): Promise<void>
}

/** Starts a registry that asks for user and password, as GHCR does for a private package. */
export async function startRegistry({
  dir,
  username,
  password,
  address = '127.0.0.1',
  port,
  certificate,
}: {
  dir: string
  username: string
  password: string
  /** Of this machine. */
  address?: string
  port?: number
  /** PEM files; without them it speaks plain HTTP. */
  certificate?: { certificate: string; key: string }
}): Promise<PrivateRegistry> {
  mkdirSync(dir, { recursive: true })
  const htpasswd = join(dir, 'htpasswd')
  // -i reads the password from standard input, where no other user's `ps` sees it
  writeFileSync(
    htpasswd,
    execFileSync('htpasswd', ['-niB', '-C', '4', username], { input: password }),
  )
  const { host, pid, log, stop } = await runRegistry(
    dir,
    `${address}:${port ?? (await freePort())}`,
    {
      http: certificate === undefined ? {} : { tls: certificate },
      auth: { htpasswd: { realm: 'private registry', path: htpasswd } },
    },
  )
  return { host, username, password, pid, log, stop }
}

/** Starts a registry that everyone may read and push to, or a pull-through cache of another such. */
export async function startOpenRegistry({
  dir,
  cacheOf,
}: {
  dir: string
  /** `ADDRESS:PORT` of the other. */
  cacheOf?: string
}): Promise<Pick<PrivateRegistry, 'host' | 'stop'>> {
  mkdirSync(dir, { recursive: true })
  const proxy = cacheOf === undefined ? {} : { proxy: { remoteurl: `http://${cacheOf}` } }
  return runRegistry(dir, `127.0.0.1:${await freePort()}`, proxy)
}

/** Starts a registry at an address, with these settings over its usual ones. */
export async function runRegistry(
  dir: string,
  host: string,
  { http = {}, ...others }: { http?: object } & Record<string, unknown>,
): Promise<Pick<PrivateRegistry, 'host' | 'pid' | 'log' | 'stop'>> {
  const config = join(dir, 'config.yml')
  writeFileSync(
    config,
    stringify({
      version: '0.1',
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(dir, 'store') }, delete: { enabled: true } },
      http: { addr: host, ...http },
      ...others,
    }),
  )
  const running = await startProcess({
    dir,
    name: 'registry',
    command: 'docker-registry',
    args: ['serve', config],
  })
  await waitFor(() => accepts(host), { what: `the registry at ${host} did not start`, running })
  const { pid, log } = running
  return { host, pid, log, stop: async () => void (await running.stop()) }
}

const accepts = (host: string) =>
  new Promise<boolean>((resolve, reject) => {
    const [address = '', port] = host.split(':')
    const socket = connect(Number(port), address, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', reject)
  })
