import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'

test('a swarm whose tests are killed leaves no directory, mount, namespace or interface', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'left-behind.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { dir, address } = JSON.parse(line) as { dir: string; address: string }
  const left = () =>
    [
      existsSync(dir) && dir,
      readFileSync('/proc/self/mountinfo', 'utf8').includes(dir) && 'mounts',
      ...Object.entries(networkInterfaces())
        .filter(([, of]) => of?.some((each) => each.address === address))
        .map(([name]) => name),
      // its ends of the nodes' links lie on it
      ...readFileSync('/proc/net/dev', 'utf8')
        .split('\n')
        .map((each) => each.trim().split(':')[0] ?? '')
        .filter((name) => name.startsWith(`swarm-${address.split('.')[2]}`)),
    ].filter((each) => each !== false)
  expect(left()).toContain('mounts')
  child.kill('SIGKILL')
  await expect.poll(left).toEqual([])
})
