import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { removeFile, replaceFile, syncDirectory } from '../durable.ts'
import { bodyOf } from './mark.ts'

/** A file of ours in Nginx's directories, and what it is to hold. */
export interface Wanted {
  file: string
  /** `undefined`: it is not to be there. */
  text: string | undefined
}

/**
 * Whether a file is as wanted and Nginx was told so. A file with a backup beside it is not: the change was never brought
 * to its end.
 */
export const isSettled = ({ file, text }: Wanted): boolean =>
  readIfThere(file) === text && !existsSync(backupOf(file))

/** Writes our head anew where it alone is another one: an older receiver's. Nginx need not know: it is a comment. */
export function sign(wanted: readonly Wanted[]): void {
  for (const { file, text } of wanted) {
    if (text === undefined || existsSync(backupOf(file))) continue
    const there = readIfThere(file)
    if (there === undefined || there === text) continue
    if (bodyOf(there) === bodyOf(text)) replaceFile(file, text, FILE_MODE)
  }
}

/**
 * Puts files in place, each atomically and durably, and keeps a backup of each until `settle`: it is also the mark, for
 * after a crash, that Nginx has yet to test and load them. A backup from before is older, and stays.
 */
export function put(wanted: readonly Wanted[]): void {
  for (const { file, text } of inOrder(wanted)) {
    const before = readIfThere(file)
    if (!existsSync(backupOf(file))) replaceFile(backupOf(file), before ?? '', FILE_MODE)
    if (text === undefined) removeFile(file)
    else if (text !== before) replaceFile(file, text, FILE_MODE)
  }
}

/**
 * Puts back what was there before `put`, also when only some of it was put, and also on a full disk: a backup becomes the
 * file again by its name alone. An empty one stands for no file.
 */
export function restore(wanted: readonly Wanted[]): void {
  for (const { file } of inOrder(wanted).toReversed()) {
    const backup = backupOf(file)
    const before = readIfThere(backup)
    if (before === undefined) continue
    if (before === '') {
      removeFile(file)
      removeFile(backup)
    } else {
      renameSync(backup, file)
      syncDirectory(dirname(file))
    }
  }
}

/** A file that includes another one is never there without it: Nginx may start at any instant. */
function inOrder(wanted: readonly Wanted[]): Wanted[] {
  const rank = ({ file, text }: Wanted) => (file.endsWith('.conf') ? 1 : text === undefined ? 2 : 0)
  return wanted.toSorted((a, b) => rank(a) - rank(b))
}

/** Nginx has taken them: the backups go. */
export function settle(wanted: readonly Pick<Wanted, 'file'>[]): void {
  for (const { file } of wanted) removeFile(backupOf(file))
}

/** Makes the snippets' directory. Its parent is Nginx's own: when that is missing, the configured path is a mistake. */
export function makeDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) mkdirSync(directory)
  chmodSync(directory, DIRECTORY_MODE)
  syncDirectory(dirname(directory))
}

/** Does not end in `.conf` and begins with a dot, so that no `include` of a glob reads it. */
const backupOf = (file: string) => join(dirname(file), `.${basename(file)}.before`)

/** Everyone may read what Nginx reads, whatever the umask is: who runs `nginx -t` or Nginx itself is the admin's matter. */
const FILE_MODE = 0o644
const DIRECTORY_MODE = 0o755

export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const isMissing = (error: unknown) =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
