import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../durable.ts'
import { snippetsOf } from './app-files.ts'
import { change, onDisk } from './change.ts'
import { readIfThere } from './files.ts'
import { bodyOf, installationOf, sha256, sumsOf } from './mark.ts'
import { createProgram, type NginxSettings } from './program.ts'
import { whoStillUses } from './who-still-uses.ts'

/** A file of an installation at Nginx. */
export interface OwnFile {
  file: string
  /** Somebody changed it: what they wrote is worth keeping. */
  isEdited: boolean
}

/**
 * All files of an installation, of whatever app: what bears its id, and of receivers that were older than the ids what names its
 * flags. Throws the file system's own error.
 */
export function ownFiles(
  { directory }: Pick<NginxSettings, 'directory'>,
  { installation, data }: { installation: string; data: string },
): OwnFile[] {
  return [directory, snippetsOf(directory)].filter((each) => existsSync(each)).flatMap(ownIn)

  function ownIn(folder: string): OwnFile[] {
    const names = readdirSync(folder).filter((name) =>
      /^deploy-receiver\.|\.slot$|\.proxy$/.test(name),
    )
    return names.toSorted().flatMap((name) => {
      const file = join(folder, name)
      const text = readIfThere(file) ?? ''
      const maker = installationOf(text)
      const isOlder = maker === undefined && text.includes(`(-f ${join(data, 'slots')}/`)
      if (maker !== installation && !isOlder) return []
      const sums = sumsOf(text)
      return [{ file, isEdited: sums !== undefined && sums.body !== sha256(bodyOf(text)) }]
    })
  }
}

/**
 * Takes them out of Nginx, all at once: what it does not take is put back. What somebody edited is kept beside its place, where
 * Nginx does not read it. Throws `nginx_failed`.
 */
export async function removeFiles(files: readonly OwnFile[], nginx: NginxSettings): Promise<void> {
  onDisk(nginx, () => {
    for (const { file, isEdited } of files) {
      if (isEdited) replaceFile(savedOf(file), readIfThere(file) ?? '', 0o644)
    }
  })
  const wanted = files.map(({ file }) => ({ file, text: undefined }))
  try {
    await change(wanted, { nginx, program: createProgram(nginx) })
  } catch (error) {
    const paths = files.map(({ file }) => file)
    throw whoStillUses('the app', paths, error)
  }
  const folder = snippetsOf(nginx.directory)
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder)
}

export const savedOf = (file: string): string => `${file}.saved`
