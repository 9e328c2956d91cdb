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
  log(lines?: number): string
  stop(): Promise<void>
}

/** Starts a registry that asks for user and password, as GHCR does for a private package. */
export async function startRegistry({
  dir,
  username,
  password,
  address = '127.0.0.1',
  certificate,
}: {
  dir: string
  username: string
  password: string
  /** Of this machine. */
  address?: string
  /** PEM files; without them it speaks plain HTTP. */
  certificate?: { certificate: string; key: string }
}): Promise<PrivateRegistry> {
  mkdirSync(dir, { recursive: true })
  const host = `${address}:${await freePort()}`
  const htpasswd = join(dir, 'htpasswd')
  const config = join(dir, 'config.yml')
  // -i reads the password from standard input, where no other user's `ps` sees it
  writeFileSync(
    htpasswd,
    execFileSync('htpasswd', ['-niB', '-C', '4', username], { input: password }),
  )
  writeFileSync(config, configuration({ host, htpasswd, store: join(dir, 'store'), certificate }))
  const running = await startProcess({
    dir,
    name: 'registry',
    command: 'docker-registry',
    args: ['serve', config],
  })
  await waitFor(() => accepts(host), {
    what: `the private registry at ${host} did not start`,
    running,
  })
  return {
    host,
    username,
    password,
    log: running.log,
    stop: async () => void (await running.stop()),
  }
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

const configuration = ({
  host,
  htpasswd,
  store,
  certificate,
}: {
  host: string
  htpasswd: string
  store: string
  certificate: { certificate: string; key: string } | undefined
}) =>
  stringify({
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: store }, delete: { enabled: true } },
    http: { addr: host, ...(certificate === undefined ? {} : { tls: certificate }) },
    auth: { htpasswd: { realm: 'private registry', path: htpasswd } },
  })
