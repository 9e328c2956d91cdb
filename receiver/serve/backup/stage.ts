import { createHash } from 'node:crypto'
import { createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { readArchive } from '../../edges/archive.ts'
import { entryName, type Manifest, parseManifest, STORE } from './manifest.ts'

/** A backup that was read to its end and is what it says, in a folder of its own. */
export interface Staged {
  manifest: Manifest
  /** Has the store; on the disk of the data, so that it can be put into its place at once. */
  folder: string
  /** By path. */
  content: ReadonlyMap<string, Buffer>
  drop(): void
}

/** Reads all of a backup, without changing anything. Throws an error that says what is wrong with it. */
export async function stage(file: string): Promise<Staged> {
  let manifest: Manifest | undefined
  let folder: string | undefined
  const drop = () => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
  const content = new Map<string, Buffer>()
  try {
    await readArchive(file, {
      first(name, said) {
        const read = parseManifest(name, said)
        manifest = read
        folder = mkdtempSync(join(nearest(read.data), '.deploy-receiver-restore-'))
        return [
          { name: STORE, bytes: read.store.bytes },
          ...read.files.map(({ path, bytes }) => ({ name: entryName(path), bytes })),
        ]
      },
      async take(name, stream) {
        if (name === STORE) {
          const sum = summing()
          const copy = createWriteStream(join(folder ?? '', STORE), { mode: 0o600, flush: true })
          await pipeline(stream, sum.stream, copy)
          if (sum.digest() !== manifest?.store.sha256) throw altered(name)
          return
        }
        const path = name.slice(entryName('').length)
        const read = await readAll(stream)
        const { sha256 } = manifest?.files.find((each) => each.path === path) ?? {}
        if (createHash('sha256').update(read).digest('hex') !== sha256) throw altered(name)
        content.set(path, read)
      },
    })
    if (manifest === undefined || folder === undefined) throw new Error(`${file} is empty`)
    return { manifest, folder, content, drop }
  } catch (error) {
    drop()
    throw error
  }
}

const readAll = (stream: Readable): Promise<Buffer> => buffer(stream)

const altered = (name: string) => new Error(`${name} in it is not what was written`)

/** The folder itself, or the first above it that there is. */
const nearest = (folder: string): string =>
  existsSync(folder) || folder === '/' ? folder : nearest(dirname(folder))

function summing() {
  const hash = createHash('sha256')
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  return { stream, digest: () => hash.digest('hex') }
}
