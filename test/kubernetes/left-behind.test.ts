import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { tracesOf } from '../support/traces.ts'

// one that stood before stays
test.skipIf(process.env['DEPLOY_ACTION_CLUSTER'] !== undefined)(
  'a cluster whose tests are killed leaves no process, directory, mount, interface or route',
  async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'left-behind.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const { dir, address } = JSON.parse(line) as { dir: string; address: string }
    const bridge = `kube-${address.split('.')[2]}`
    const left = () =>
      [
        existsSync(dir) && dir,
        readFileSync('/proc/self/mountinfo', 'utf8').includes(dir) && 'mounts',
        ...tracesOf(dir, { containers: [], environments: true }).map(({ program }) => program),
        ...Object.entries(networkInterfaces())
          .filter(([, of]) => of?.some((each) => each.address === address))
          .map(([name]) => name),
        readFileSync('/proc/net/route', 'utf8').includes(`${bridge}\t`) && 'routes',
        // its end of the node's link lies on it
        ...readFileSync('/proc/net/dev', 'utf8')
          .split('\n')
          .map((each) => each.trim().split(':')[0] ?? '')
          .filter((name) => name.startsWith(bridge)),
      ].filter((each) => each !== false)
    expect(left()).toEqual(
      expect.arrayContaining(['mounts', 'kubelet', 'kube-apiserver', 'routes']),
    )
    child.kill('SIGKILL')
    await expect.poll(left).toEqual([])
  },
)
