/** Why a file cannot be had, and what to do about it. */
export interface FileFailure {
  message: string
  hint: string
}

/** What the file system's usual errors mean of a file; `undefined` for every other error. */
export function fileFailure(file: string, error: unknown): FileFailure | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  if (typeof code !== 'string' || !Object.hasOwn(FAILURES, code)) return undefined
  return FAILURES[code]?.(file)
}

/** The same on one line, for a message that has a remedy of its own. */
export const whyNoFile = (file: string, error: unknown): string =>
  fileFailure(file, error)?.message ?? (error instanceof Error ? error.message : String(error))

const notAllowed = (file: string): FileFailure => ({
  message: `${file} is not open to this user`,
  hint: `run it with sudo, or give the file to who runs it: sudo chown USER ${file}; every folder above has to let that user through, too`,
})

const FAILURES: Readonly<Record<string, (file: string) => FileFailure>> = {
  EACCES: notAllowed,
  EPERM: notAllowed,
  ENOENT: (file) => ({ message: `${file} is not there`, hint: 'create it, or correct the path' }),
  EISDIR: (file) => ({
    message: `${file} is a directory, not a file`,
    hint: 'name the file that is meant; where a file was missing, Docker may have made a directory: sudo rmdir it',
  }),
  ENOTDIR: (file) => ({
    message: `${file} is not there: a part of that path is a file, not a directory`,
    hint: 'correct the path',
  }),
  ELOOP: (file) => ({
    message: `${file} is a link that leads back to itself`,
    hint: 'put the file itself there',
  }),
  EROFS: (file) => ({
    message: `${file} cannot be written: its disk is mounted read-only`,
    hint: 'name a place on another disk, or in the unit: ReadWritePaths=; where nobody wanted it so, `dmesg` says what the disk has',
  }),
  ENOSPC: (file) => ({
    message: `${file} cannot be written: the disk is full`,
    hint: '`df -h` shows the disk, `docker system df` what Docker has of it',
  }),
}
