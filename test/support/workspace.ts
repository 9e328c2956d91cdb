import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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
 * Makes a directory that vanishes with everything that runs in it: at `close()`, and also when this process ends in any
 * other way, killed included. For that a keeper process waits at a pipe that ends with us.
 */
export function openWorkspace(): Workspace {
  const parent = tmpdir().length > LONGEST_TMPDIR ? '/tmp' : tmpdir()
  const dir = mkdtempSync(join(parent, 'deploy-action-'))
  // Nginx's workers are another user and have to reach the slot flags inside
  chmodSync(dir, 0o711)
  const keeper = spawn(
    process.execPath,
    [fileURLToPath(new URL('keeper.ts', import.meta.url)), dir],
    {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  )
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
        keeper.stdin.end()
      }
    },
  }
}
