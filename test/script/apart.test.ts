import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'

const APART = join(import.meta.dirname, '../../script/apart')
const isRoot = process.getuid?.() === 0

/** Calls it as our scripts do, for a folder that something is mounted below and a process that does not end by itself. */
async function called() {
  const folder = mkdtempSync(join(tmpdir(), 'apart-'))
  const inside = `mkdir ${folder}/m && mount -t tmpfs tmpfs ${folder}/m && touch ${folder}/m/file && echo mounted && exec sleep infinity`
  const caller = spawn('bash', ['-c', `${APART} --net ${folder} -- sh -c '${inside}'; echo over`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(caller.stdout, 'data')
  return { folder, caller, isMounted: existsSync(join(folder, 'm/file')) }
}

test.runIf(isRoot).each(['SIGTERM', 'SIGKILL'] as const)(
  'what a script mounted and started ends with it: %s',
  async (signal) => {
    const { folder, caller, isMounted } = await called()
    expect(isMounted, 'this machine sees it').toBe(false)
    caller.kill(signal)
    // what holds its output open has ended by then
    await once(caller, 'close')
    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), 60_000)
  },
)
