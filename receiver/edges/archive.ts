import { createReadStream, createWriteStream, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { syncDirectory } from './durable.ts'

/** A file of an archive. */
export interface ArchiveEntry {
  name: string
  bytes: number
  content: Uint8Array | Readable
}

/** What is said of the others, and so is read before any of them. */
const MOST_FIRST_BYTES = 4 * 1024 * 1024
/** tar's header of an entry, and what fills up its last block. */
const AROUND_BYTES = 2048

/**
 * Writes a `tar.gz` that only this user can read: whole, or not at all. Throws the file system's own error, and has left a
 * file that is there as it was.
 */
export async function writeArchive(file: string, entries: Iterable<ArchiveEntry>): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.new`)
  const archive = pack()
  try {
    const written = pipeline(
      archive,
      createGzip(),
      createWriteStream(temporary, { mode: 0o600, flags: 'wx', flush: true }),
    )
    // it is waited for below; what fails there is no reason to die here
    written.catch((error: Error) => archive.destroy(error))
    for (const { name, bytes, content } of entries) {
      const entry = archive.entry({ name, size: bytes, mode: 0o600, type: 'file' })
      if (content instanceof Uint8Array) entry.end(content)
      else await pipeline(content, entry)
    }
    archive.finalize()
    await written
    renameSync(temporary, file)
    syncDirectory(dirname(file))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/**
 * Reads an archive, the first entry of which says what the others are: nothing else is taken, in no other order, and no more
 * bytes than that. Names in it lead nowhere: they are only compared. Throws an error that says what is wrong with it.
 * @param first is given the first entry, and says what has to follow, by name and size
 * @param take is given each of these in turn, and reads it to its end
 */
export async function readArchive(
  file: string,
  {
    first,
    take,
  }: {
    first: (name: string, content: Buffer) => readonly { name: string; bytes: number }[]
    take: (name: string, content: Readable) => Promise<void>
  },
): Promise<void> {
  const limit = byteLimit(MOST_FIRST_BYTES)
  const archive = extract()
  const read = pipeline(createReadStream(file), createGunzip(), limit.stream, archive)
  read.catch(() => {})
  let left: { name: string; bytes: number }[] | undefined
  try {
    for await (const entry of archive) {
      const { name, size, type } = entry.header
      if (type !== 'file') throw new Error(`${name} in it is a ${type}, where files alone belong`)
      if (left === undefined) {
        if (size > MOST_FIRST_BYTES) throw new Error(`${name} in it is too large`)
        left = [...first(name, await buffer(entry))]
        limit.add(left.reduce((sum, { bytes }) => sum + bytes + AROUND_BYTES, AROUND_BYTES))
        continue
      }
      const wanted = left.shift()
      if (wanted?.name !== name || wanted.bytes !== size) {
        throw new Error(`it has ${name} of ${size} bytes, where ${describe(wanted)} is due`)
      }
      await take(name, Readable.from(entry))
    }
    await read
  } catch (error) {
    archive.destroy()
    await read.catch(() => {})
    throw damaged(file, error)
  }
  const missing = left === undefined ? 'all of it' : left[0]?.name
  if (missing !== undefined) throw damaged(file, new Error(`${missing} is missing`))
}

const describe = (wanted: { name: string; bytes: number } | undefined) =>
  wanted === undefined ? 'nothing' : `${wanted.name} of ${wanted.bytes} bytes`

/** Some bytes can be packed into a few that would fill a disk. */
function byteLimit(start: number) {
  let left = start
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.byteLength
      if (left >= 0) done(null, chunk)
      else done(new Error('more is packed in it than it says'))
    },
  })
  return { stream, add: (bytes: number) => void (left += bytes) }
}

function damaged(file: string, cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException
  // of the file system, which names the file itself
  if (code !== undefined && !/^Z_|^ERR_/.test(code)) return cause
  return Object.assign(
    new Error(`${file} is not a backup that can be read: ${message}`, { cause }),
    {
      hint: 'take another one; nothing was changed',
    },
  )
}
