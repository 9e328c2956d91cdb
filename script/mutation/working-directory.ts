import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'deploy-action-mutation-'

/** A directory in the system's own for temporary files, which is gone when this process ends; if killed, at the next start. */
export function createWorkingDirectory(): string {
  const parent = realpathSync(tmpdir())
  for (const name of readdirSync(parent)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (owner !== undefined && !runs(Number(owner))) remove(join(parent, name))
  }
  const directory = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`))
  process.once('exit', () => remove(directory))
  return directory
}

/** Again, because it stops without a word at a file that another process took away first. */
function remove(directory: string): void {
  for (let attempt = 0; attempt < 10 && existsSync(directory); attempt++) {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

function runs(processId: number): boolean {
  try {
    return process.kill(processId, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
