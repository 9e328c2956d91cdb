import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { DeployError } from '../../core/errors.ts'
import { fileFailure } from '../../core/file-failure.ts'
import type { Found } from '../../core/finding.ts'

/** Less than this is worth a word before an image does not fit. */
const LITTLE_BYTES = 2_000_000_000
/** The record grows slowly. */
const LITTLE_DATA_BYTES = 20_000_000
const LITTLE_LOG_BYTES = 100_000_000
/** A disk with bytes to spare may have no room for one more file. */
const LITTLE_FILES = 1000
/** An image has tens of thousands. */
const LITTLE_IMAGE_FILES = 50_000

/** A twentieth of all is little of any. */
const FEW = 20

/** What a file system says of its room; `statfs` of Node. */
export type ReadRoom = (
  path: string,
) => Promise<{ bavail: number; bsize: number; files: number; ffree: number }>

/** What the disk of images has left. Throws `disk_full` when it is too little. */
export async function lookAtImages(path: string, read: ReadRoom = statfs): Promise<string> {
  const least = { bytes: LITTLE_BYTES, files: LITTLE_IMAGE_FILES }
  const { message, isLittle } = await roomAt(path, least, read)
  if (!isLittle) return message
  throw new DeployError('disk_full', message, {
    hint: '`docker image prune -a` frees images that nothing runs; `docker system df` shows what else takes it',
  })
}

/** Whether the data directory can be written, and its disk has room. Throws `DeployError` with the remedy. */
export async function lookAtData(data: string, read: ReadRoom = statfs): Promise<string> {
  try {
    await access(data, constants.W_OK)
  } catch (error) {
    throw notWritable(data, error)
  }
  const least = { bytes: LITTLE_DATA_BYTES, files: LITTLE_FILES }
  const { message, isLittle, ofFiles } = await roomAt(data, least, read)
  if (!isLittle) return message
  throw new DeployError('disk_full', message, { hint: makeRoom(data, ofFiles) })
}

/** The disk of the machine's logs: what fills it stops no app, and leaves nobody to say why one stops. */
export async function lookAtLogs(path: string, read: ReadRoom = statfs): Promise<Found> {
  const least = { bytes: LITTLE_LOG_BYTES, files: LITTLE_FILES }
  try {
    const { message, isLittle, ofFiles } = await roomAt(path, least, read)
    if (!isLittle) return message
    const hint = ofFiles ? makeRoom(path, true) : 'journalctl --vacuum-size=200M makes room'
    return { message, hint }
  } catch {
    return `not looked at: this machine has no ${path}`
  }
}

async function roomAt(path: string, least: { bytes: number; files: number }, read: ReadRoom) {
  const { bavail, bsize, files, ffree } = await read(path)
  const free = bavail * bsize
  // some file systems do not count files, and a small one has few
  if (files > 0 && ffree < Math.min(least.files, files / FEW)) {
    return { message: `${path} has room for ${ffree} more files`, isLittle: true, ofFiles: true }
  }
  const message = `${path} has ${size(free)} left`
  if (free >= least.bytes) return { message, isLittle: false, ofFiles: false }
  return { message: `${message}, less than ${size(least.bytes)}`, isLittle: true, ofFiles: false }
}

const makeRoom = (path: string, ofFiles: boolean) =>
  ofFiles
    ? `\`du --inodes -x -d 2 ${path}\` shows where very many small files lie: take them away`
    : `\`df -h ${path}\` shows the disk, \`du -x -h -d 2 ${path}\` what lies there: take away what is not needed`

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

const size = (bytes: number) =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
