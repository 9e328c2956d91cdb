import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Puts `content` in a file's place, atomically and durably: a reader, and a crash, find the old file or the new one. The
 * mode is `mode` whatever the umask is. Throws the file system's own error, with the old file in its place.
 */
export function replaceFile(file: string, content: string | Uint8Array, mode: number): void {
  const temporary = join(dirname(file), `.${basename(file)}.new`)
  try {
    writeFileSync(temporary, content, { mode, flush: true })
    chmodSync(temporary, mode)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncDirectory(dirname(file))
}

/** Removes a file, if it is there, for good. Throws the file system's own error. */
export function removeFile(file: string): void {
  rmSync(file, { force: true })
  syncDirectory(dirname(file))
}

/** A name, given or taken, is durable once its directory is. Throws the file system's own error. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
