import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from './ports.ts'
import { startProcess, waitFor } from './processes.ts'

export interface PrivateRegistry {
  /** `127.0.0.1:PORT`, as it stands in image references. */
  host: string
  username: string
  password: string
  log(lines?: number): string
  stop(): Promise<void>
}

/** Starts a registry on loopback that asks for user and password, as GHCR does for a private package. */
export async function startRegistry({
  dir,
  username,
  password,
}: {
  dir: string
  username: string
  password: string
}): Promise<PrivateRegistry> {
  mkdirSync(dir, { recursive: true })
  const host = `127.0.0.1:${await freePort()}`
  const htpasswd = join(dir, 'htpasswd')
  const config = join(dir, 'config.yml')
  // -i reads the password from standard input, where no other user's `ps` sees it
  writeFileSync(
    htpasswd,
    execFileSync('htpasswd', ['-niB', '-C', '4', username], { input: password }),
  )
  writeFileSync(config, configuration({ host, htpasswd, store: join(dir, 'store') }))
  const running = await startProcess({
    dir,
    name: 'registry',
    command: 'docker-registry',
    args: ['serve', config],
  })
  await waitFor(async () => (await fetch(`http://${host}/v2/`)).status === 401, {
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

const configuration = ({ host, htpasswd, store }: Record<'host' | 'htpasswd' | 'store', string>) =>
  stringify({
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: store }, delete: { enabled: true } },
    http: { addr: host },
    auth: { htpasswd: { realm: 'private registry', path: htpasswd } },
  })
