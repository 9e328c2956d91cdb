import { execFileSync } from 'node:child_process'
import { randomBytes, randomFillSync } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startDockerd } from '../../test/support/dockerd.ts'
import { type PrivateRegistry, startRegistry } from '../../test/support/registry.ts'
import { startVm, type Vm } from '../../test/support/vm.ts'
import type { Workspace } from '../../test/support/workspace.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/deploy-receiver', import.meta.url))
export const DOMAIN = 'api.example.com'
/** Of the engine, so that an image can be too large for it. */
const DISK_MEGABYTES = 64
const TOO_LARGE_BYTES = 50_000_000

/** What the commands are about: a VM with an app `api` and a worker, and images of every kind. */
export interface Scene {
  vm: Vm
  registry: PrivateRegistry
  /** Digests of the images by tag. */
  digests: Readonly<Record<string, string>>
  /** Has `deploy-receiver`, which names this VM's config. */
  bin: string
}

export async function prepare(workspace: Workspace): Promise<Scene> {
  const engine = workspace.folder('engine')
  const store = join(engine, 'store')
  mkdirSync(store)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'tmpfs', store])
  const password = randomBytes(18).toString('base64url')
  const [{ host }, registry] = await Promise.all([
    startDockerd({ dir: engine }),
    startRegistry({ dir: workspace.folder('registry'), username: 'acme', password }),
  ])
  const vm = await startVm({ dir: workspace.dir, dockerHost: host, registry }, 'api')
  const { api = {} } = vm.config.apps
  vm.config['url'] = `http://${vm.config.listen}`
  Object.assign(api, {
    domains: [DOMAIN],
    health: { path: '/healthz', deadline: '4s' },
    environment: { LOG_LEVEL: 'info' },
    init: true,
    auth: { oidc: { repository_id: '123456789', ref: 'refs/heads/main' } },
  })
  vm.config.apps['mail'] = {
    image: vm.repository.replace(/api$/, 'mail'),
    http: false,
    stop_grace_period: '1s',
    watch: '1s',
  }
  const digests = await pushAll(vm)
  await vm.start()
  return { vm, registry, digests, bin: writeProgram(workspace.folder('bin'), vm) }
}

async function pushAll(vm: Vm): Promise<Record<string, string>> {
  const crash = 'echo "config: DATABASE_URL is not set" >&2; exit 3'
  return {
    '1.3': await vm.push('1.3', { held: false }),
    '1.4': await vm.push('1.4', { held: false }),
    '1.5': await vm.push('1.5', { held: false, broken: true }),
    '1.6': await vm.push('1.6', {
      held: false,
      config: { Cmd: ['/bin/busybox', 'sh', '-c', crash] },
    }),
    '2.0': await vm.push('2.0', {
      held: false,
      files: { layer: randomFillSync(Buffer.alloc(TOO_LARGE_BYTES)) },
    }),
  }
}

/** The program as it is installed, but for its config's place. */
function writeProgram(bin: string, { dir }: Vm): string {
  const file = join(bin, 'deploy-receiver')
  writeFileSync(file, `#!/bin/sh\nexec ${PROGRAM} --config ${dir}/config.yaml "$@"\n`)
  chmodSync(file, 0o755)
  return bin
}
