import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KEEPER, LOCK } from './abandoned.ts'
import { clearAway } from './clear-away.ts'
import { leaksBelow } from './leaks.ts'

/** Socket paths end at 107 bytes, and an engine's own lie up to 50 below the directory. */
const LONGEST_TMPDIR = 35

/** One temporary directory, in which everything of a private stack lives. */
export interface Workspace {
  dir: string
  /** Makes a directory in it that Nginx's workers may pass through. */
  folder(name: string): string
  /** Ends every program that was started in it, and removes it. Rejects when what it left tells a secret. */
  close(): Promise<void>
}

/**
 * Waits at standard input, which ends with whoever opened the workspace; a line says that there is nothing to do. It is a
 * shell while it waits: cheap, and not among what ends when somebody kills all of Node.js. The lock has its name
 * only once it is held.
 */
const WAIT = `exec 9>"$2/${LOCK}.new"; flock 9; mv "$2/${LOCK}.new" "$2/${LOCK}"
read -r _ || exec "$0" "$1" "$2"`

/** Where workspaces lie. */
export const workspaces = (): string => (tmpdir().length > LONGEST_TMPDIR ? '/tmp' : tmpdir())

/**
 * Makes a directory that vanishes with everything that runs in it: at `close()`, and also when this process ends in any
 * other way, killed included. For that a keeper process waits at a pipe that ends with us.
 */
export function openWorkspace(): Workspace {
  const dir = mkdtempSync(join(workspaces(), 'deploy-action-'))
  // Nginx's workers are another user and have to reach the slot flags inside
  chmodSync(dir, 0o711)
  const keeper = spawn('/bin/sh', ['-c', WAIT, process.execPath, KEEPER, dir], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // it ends before us when the directory goes
  keeper.stdin.on('error', () => {})
  keeper.unref()
  return {
    dir,
    folder(name) {
      const path = join(dir, name)
      mkdirSync(path, { recursive: true, mode: 0o711 })
      return path
    },
    async close() {
      try {
        const leaks = leaksBelow(dir)
        if (leaks.length > 0) throw new Error(leaks.join('\n'))
      } finally {
        await clearAway(dir)
        keeper.stdin.end('done\n')
      }
    },
  }
}
