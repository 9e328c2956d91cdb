import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from './durable.ts'

/**
 * Makes a directory that Nginx's workers, who run as another user, come to: with this mode, whatever the umask is, and set
 * again when it is another one. What has to be made on the way there gets the mode as well.
 */
export function makeSearchable(directory: string, mode: 0o711 | 0o755): void {
  const before = statSync(directory, { throwIfNoEntry: false })
  if (before === undefined) makeOpen(directory, mode)
  else if ((before.mode & 0o777) !== mode) chmodSync(directory, mode)
  if (before === undefined) syncDirectory(dirname(directory))
}

function makeOpen(directory: string, mode: number): void {
  const umask = process.umask(0o022)
  try {
    mkdirSync(directory, { recursive: true, mode })
  } finally {
    process.umask(umask)
  }
}
