import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const KEEPER = fileURLToPath(new URL('keeper.ts', import.meta.url))
/** Held by the keeper for as long as it lives: a lock of the kernel's, which goes with it in whatever way. */
export const LOCK = 'keeper.lock'

/**
 * Has every workspace cleared away whose keeper was killed as well: nobody holds its lock. Does not wait for it.
 * @param parent where the workspaces lie
 */
export function clearAbandoned(parent: string): void {
  for (const lock of globSync(`${parent}/deploy-action-*/${LOCK}`)) {
    const command = ['--nonblock', lock, process.execPath, KEEPER, dirname(lock)]
    spawn('flock', command, { cwd: '/', detached: true, stdio: 'ignore' }).unref()
  }
}
