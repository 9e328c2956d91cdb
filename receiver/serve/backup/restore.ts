import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { replaceFile, syncDirectory } from '../../edges/durable.ts'
import { connectDocker } from '../../edges/docker/connect.ts'
import { bearsInstallation } from '../../edges/docker/standing.ts'
import { missingVolumes } from '../../edges/docker/volumes.ts'
import { createSlots } from '../../edges/slots.ts'
import { readCopy, refuseInUse } from '../../edges/store/copy.ts'
import { newInstallationId } from '../../edges/store/installation.ts'
import { FORMAT } from '../../edges/store/schema.ts'
import { endUpgrade } from '../../edges/store/upgrade.ts'
import { missingData } from '../../core/slots/awaited-data.ts'
import { storeFile } from '../machine.ts'
import { type Manifest, STORE } from './manifest.ts'
import { idsOf } from './owners.ts'
import { prepareStore } from './prepare-store.ts'
import { type Staged, stage } from './stage.ts'

/** What a restore would do, before anything is changed. */
export interface RestorePlan {
  manifest: Manifest
  /** What is there already, and would be replaced. */
  inTheWay: string[]
  /** Whether this engine still has what the backup's installation made: then that is what it goes on with. */
  keepsInstallation: boolean
  /** What each app lacks of its data on this machine. */
  apps: (Manifest['apps'][number] & { awaits: string[] })[]
  /** Does it. Resolves to what is to be said of it. */
  run(): Promise<string[]>
  /** Leaves everything as it is. */
  drop(): void
}

export interface RestoreOptions {
  /** Where the config belongs; it has to be where it was. */
  config: string
  environment: NodeJS.ProcessEnv
  /** Apps are not to wait for their data. */
  withoutData: boolean
  now: Date
  /** By default, the one that `DOCKER_HOST` names. */
  engine?: EngineHere
}

/** What is asked of the engine. */
interface EngineHere {
  bears(installation: string): Promise<boolean>
  missingVolumes(names: readonly string[]): Promise<string[]>
}

async function engineHere(environment: NodeJS.ProcessEnv): Promise<EngineHere> {
  const docker = await connectDocker(environment)
  return {
    bears: (installation) => bearsInstallation(docker, installation),
    missingVolumes: (names) => missingVolumes(docker, names),
  }
}

/**
 * Reads a backup to its end, checks it, and says what a restore of it would do. Nothing is changed before `run`; whatever
 * becomes of the plan, `run` or `drop` has to be called. Throws an error with its remedy.
 */
export async function planRestore(file: string, options: RestoreOptions): Promise<RestorePlan> {
  const { environment, withoutData } = options
  const engine = options.engine ?? (await engineHere(environment))
  const staged = await stage(file)
  try {
    const { manifest, folder } = staged
    if (manifest.config !== resolve(options.config)) {
      throw Object.assign(new Error(`the config of ${file} belongs to ${manifest.config}`), {
        hint: `restore it there: deploy-receiver restore ${file} --config ${manifest.config}`,
      })
    }
    const { format, installation = '' } = readCopy(join(folder, STORE))
    if (format > FORMAT) {
      throw new Error(
        `a newer deploy-receiver wrote the store of ${file} (format ${format}, this one knows ${FORMAT}): install that one`,
      )
    }
    refuseInUse(storeFile(manifest.data))
    const places = [...manifest.files, ...manifest.links].map(({ path }) => path)
    const apps: RestorePlan['apps'] = []
    for (const app of manifest.apps) {
      const missing = await missingData(app.data, { engine, isThere: existsSync })
      apps.push({ ...app, awaits: withoutData ? [] : missing })
    }
    const keepsInstallation = await engine.bears(installation)
    return {
      manifest,
      inTheWay: [storeFile(manifest.data), ...places].filter(isThere),
      keepsInstallation,
      apps,
      run: () => put(staged, { apps, keepsInstallation, now: options.now }),
      drop: staged.drop,
    }
  } catch (error) {
    staged.drop()
    throw error
  }
}

const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** The config comes last: without it no receiver starts, so that a restore that was cut off is begun anew. */
async function put(
  { manifest, folder, content, drop }: Staged,
  { apps, keepsInstallation, now }: Pick<RestorePlan, 'apps' | 'keepsInstallation'> & { now: Date },
): Promise<string[]> {
  const said: string[] = []
  const { data, config, files, links } = manifest
  try {
    makeFolder(data, 0o711)
    const key = content.get(join(data, 'settings.key'))
    prepareStore(join(folder, STORE), {
      key,
      apps,
      now,
      ...(keepsInstallation ? {} : { installation: newInstallationId() }),
    })
    endUpgrade(data)
    putStore(join(folder, STORE), storeFile(data))
    const slots = createSlots(data)
    // what is there says what visitors get at this moment
    for (const { app, slot } of apps) {
      if (slot !== undefined && slots.live(app) === undefined) slots.makeLive(app, slot)
    }
    for (const file of files.toSorted((one, other) => rank(one.path) - rank(other.path))) {
      putFile(file, content.get(file.path) ?? Buffer.alloc(0), { manifest, said })
    }
    for (const { path, to } of links) putLink(path, to)
  } finally {
    drop()
  }
  return said

  function rank(path: string) {
    return path === config ? 1 : 0
  }
}

/** The one before stays beside it, with what it had not yet written back. */
function putStore(from: string, to: string): void {
  for (const end of ['', '-wal', '-shm']) {
    if (existsSync(`${to}${end}`)) renameSync(`${to}${end}`, `${to}.replaced${end}`)
  }
  chmodSync(from, 0o600)
  renameSync(from, to)
  syncDirectory(dirname(to))
}

function putFile(
  { path, mode, owner, group }: Manifest['files'][number],
  content: Uint8Array,
  { manifest: { certbot }, said }: { manifest: Manifest; said: string[] },
): void {
  const isCertbots = path.startsWith(`${certbot}/`)
  makeFolder(dirname(path), isCertbots ? 0o700 : 0o755)
  replaceFile(path, content, mode & 0o666)
  const { uid, gid } = idsOf({ owner, group })
  // whoever is not root owns all of it anyway
  if (process.getuid?.() === 0) chownSync(path, uid ?? 0, gid ?? 0)
  if (uid === undefined) said.push(`there is no user ${owner} here: ${path} is root's`)
  if (gid === undefined) said.push(`there is no group ${group} here: ${path} is of the group root`)
}

/** Certbot's own folders are there, and are left as they are. */
function putLink(path: string, to: string): void {
  makeFolder(dirname(path), 0o700)
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  symlinkSync(to, temporary)
  renameSync(temporary, path)
}

function makeFolder(folder: string, mode: number): void {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode })
}
