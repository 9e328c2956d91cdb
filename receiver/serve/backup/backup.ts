import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  rmSync,
  statSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { envFileOf, readVariables } from '../../config/variables.ts'
import { appOfKey } from '../../core/project/project.ts'
import { readConfig } from '../read-config.ts'
import { type ArchiveEntry, writeArchive } from '../../edges/archive.ts'
import { createSlots } from '../../edges/slots.ts'
import { copyClosedStore, readCopy } from '../../edges/store/copy.ts'
import { VERSION } from '../../version.ts'
import { storeFile } from '../machine.ts'
import { readProjects } from './projects.ts'
import { certbotOf, dataOf, readContents } from './contents.ts'
import { BACKUP_FORMAT, entryName, type Manifest, MANIFEST, STORE } from './manifest.ts'

export interface BackedUp {
  file: string
  bytes: number
  files: string[]
  apps: Manifest['apps']
  /** Files that the config names and that are not in it. */
  missing: string[]
}

/**
 * Writes all that makes this installation into one file, but for the data of its apps. The store in it is as it is at one
 * moment, whether a receiver runs or not. Throws an error with its remedy, and then leaves no file.
 * @param askStore gives the running receiver's copy of its store; `undefined` when none runs
 */
export async function backUp(
  file: string,
  {
    config: configFile,
    environment,
    askStore,
    now,
  }: {
    config: string
    environment: NodeJS.ProcessEnv
    askStore: () => Promise<Readable | undefined>
    now: Date
  },
): Promise<BackedUp> {
  let named: readonly string[] = []
  const { config } = await readConfig(configFile, environment, ({ files }) => (named = files))
  if (!existsSync(storeFile(config.data))) {
    throw Object.assign(
      new Error(`there is no store in ${config.data}: nothing was deployed yet`),
      {
        hint: 'start the receiver once; as long as there is none, the config and its files are all',
      },
    )
  }
  const projects = await readProjects(config.apps, readVariables(config.file, environment))
  // the file of variables need not be there
  const noted = named.map((each) => resolve(each))
  named = [...noted.filter((each) => each !== envFileOf(config.file)), ...projects.files]
  // beside the backup, where there has to be room for it anyway, and nobody else can look
  const folder = mkdtempSync(join(dirname(resolve(file)), '.deploy-receiver-backup-'))
  try {
    const copy = join(folder, STORE)
    const asked = await askStore()
    if (asked === undefined) await copyClosedStore(storeFile(config.data), copy)
    else await pipeline(asked, createWriteStream(copy, { mode: 0o600 }))
    const { live, volumes, previews } = readCopy(copy)
    const { files, links, missing } = readContents(config, named)
    const slots = createSlots(config.data)
    const apps = live.map(({ app, image }) => {
      const own = volumes.flatMap((each) => (appOfKey(each.app) === app ? each.volume : []))
      const known = Object.hasOwn(config.apps, app) ? config.apps[app] : undefined
      const composed = (projects.data.get(app) ?? []).filter((each) => !named.includes(each))
      const slot = slots.live(app)
      return {
        app,
        ...(slot === undefined ? {} : { slot }),
        image: `${image.repository}@${image.digest ?? ''}`,
        // a preview begins anew where it comes to
        data: previews.has(app) ? [] : [...new Set([...dataOf(known, named), ...composed, ...own])],
      }
    })
    const manifest: Manifest = {
      format: BACKUP_FORMAT,
      version: VERSION,
      created_at: now.toISOString(),
      host: hostname(),
      config: config.file,
      data: config.data,
      certbot: certbotOf(config),
      files: files.map(({ path, mode, owner, group, bytes, sha256: sum }) => ({
        path,
        mode,
        owner,
        group,
        bytes,
        sha256: sum,
      })),
      links,
      store: { bytes: statSync(copy).size, sha256: await sha256(copy) },
      apps,
    }
    await writeArchive(file, entriesOf(manifest, copy, files))
    return {
      file,
      bytes: statSync(file).size,
      files: [...files, ...links].map(({ path }) => path),
      apps,
      missing: [...missing, ...projects.missing],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function* entriesOf(
  manifest: Manifest,
  copy: string,
  files: readonly { path: string; content: Buffer }[],
): Generator<ArchiveEntry> {
  const said = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  yield { name: MANIFEST, bytes: said.byteLength, content: said }
  yield { name: STORE, bytes: manifest.store.bytes, content: createReadStream(copy) }
  for (const { path, content } of files) {
    yield { name: entryName(path), bytes: content.byteLength, content }
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
