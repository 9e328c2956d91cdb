import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { DeployError } from '../core/errors.ts'
import { fileFailure } from '../core/file-failure.ts'

/** Less than this is worth a word before an image does not fit. */
const LITTLE_BYTES = 2_000_000_000
/** The record grows slowly. */
const LITTLE_DATA_BYTES = 20_000_000
/** Files; a disk with bytes to spare may have no room for one more. */
const LITTLE_FILES = 1000

/** Says what a disk of images has left. Throws `disk_full` when it is too little. */
export const enoughForImages = (path: string, freeBytes: number): string =>
  enough(path, freeBytes, LITTLE_BYTES)

/** Whether the data directory can be written, and its disk has room. Throws `DeployError` with the remedy. */
export async function lookAtData(data: string): Promise<string> {
  try {
    await access(data, constants.W_OK)
  } catch (error) {
    throw notWritable(data, error)
  }
  const { bavail, bsize, files, ffree } = await statfs(data)
  // some file systems do not count files
  if (files > 0 && ffree < LITTLE_FILES) {
    throw new DeployError('disk_full', `${data} has room for ${ffree} more files`, {
      hint: `\`df -i ${data}\` shows the disk: somebody keeps very many small files on it`,
    })
  }
  return enough(data, bavail * bsize, LITTLE_DATA_BYTES)
}

function notWritable(data: string, error: unknown): unknown {
  const { message, hint } = fileFailure(data, error) ?? {}
  if (message === undefined || hint === undefined) return error
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
  return new DeployError('store_failed', message, {
    hint: isMissing
      ? 'the first start makes it; if there was one, put it back before you start anything: docs/install.md, "When the data directory is lost"'
      : hint,
    cause: error,
  })
}

function enough(path: string, freeBytes: number, little: number): string {
  const free = `${path} has ${size(freeBytes)} left`
  if (freeBytes >= little) return free
  throw new DeployError('disk_full', `${free}, less than ${size(little)}`, {
    hint: `\`df -h ${path}\` shows the disk, \`docker system df\` what Docker has of it; \`docker image prune -a\` frees images that nothing runs`,
  })
}

const size = (bytes: number) =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
