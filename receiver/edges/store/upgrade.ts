import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as v from 'valibot'
import { removeFile, replaceFile, syncDirectory } from '../durable.ts'
import { explain } from './schema.ts'

/** A version of the program that takes a store over from another one, and is not yet known to work with it. */
export interface Upgrade {
  /** `undefined` when that one did not say, as those before 0.2 did not. */
  from: string | undefined
  /** Its copy of the store. */
  copy: string
}

/** What a start finds, and what is to be said of it. */
export interface StoreTakenOver {
  /** This version is new here: nothing may be begun, and no hook taken, until `confirm`. */
  upgrade?: Upgrade
  /** A version that was never confirmed has been here; the store is as it was before that. */
  putBack?: { from: string | undefined; to: string }
  /** From now on the store is this version's. Call it before the first answer. */
  confirm(): void
}

/**
 * An upgrade, as the data directory sees it. Before another version than the one before opens the store, a copy of it is
 * made; whoever starts while that version is not confirmed puts the copy back first, so that going back is starting the
 * program before. Nothing is lost by it: until it is confirmed, a version takes nothing in. Each step is durable, and one
 * that a crash interrupts is done anew by the next start, of whichever version. Throws, with the remedy, when there is no room.
 * @param file the store; nobody has it open
 */
export function takeStoreOver(file: string, version: string): StoreTakenOver {
  const data = dirname(file)
  const places = {
    file,
    copy: join(data, 'store-before-upgrade.db'),
    begun: begunIn(data),
    confirmed: join(data, 'version'),
  }
  const confirmed = readConfirmed(places.confirmed)
  const begun = readBegun(places.begun)
  const confirm = () => {
    if (confirmed !== version) replaceFile(places.confirmed, `${version}\n`, 0o600)
    removeFile(places.begun)
  }
  if (!existsSync(file)) return { confirm }

  // whoever is new here and was begun before begins again, too: a crash may have left anything
  const isOpen = begun !== undefined && begun.to !== confirmed
  if (isOpen) putBack(places)
  const putBackFrom = isOpen && begun.to !== version ? { putBack: begun } : {}
  if (confirmed === version) {
    removeFile(places.begun)
    return { ...putBackFrom, confirm }
  }
  keepCopy(places)
  replaceFile(places.begun, `${JSON.stringify({ from: confirmed, to: version })}\n`, 0o600)
  return { ...putBackFrom, upgrade: { from: confirmed, copy: places.copy }, confirm }
}

/** An upgrade that is under way is over: what takes the store's place is not its to take back. */
export const endUpgrade = (data: string): void => removeFile(begunIn(data))

const begunIn = (data: string) => join(data, 'upgrade.json')

interface Places {
  file: string
  copy: string
}

/** One that is there is of an upgrade that is over. */
function keepCopy({ file, copy }: Places): void {
  const making = `${copy}.new`
  rmSync(making, { force: true })
  const database = new DatabaseSync(file, { timeout: 2000 })
  try {
    database.prepare('VACUUM INTO ?').run(making)
    chmodSync(making, 0o600)
    flush(making)
    renameSync(making, copy)
    syncDirectory(dirname(copy))
  } catch (error) {
    rmSync(making, { force: true })
    throw noCopy(file, error)
  } finally {
    database.close()
  }
}

/** Without a copy it was put back already, up to the note of it. */
function putBack({ file, copy }: Places): void {
  if (!existsSync(copy)) return
  refuseInUse(file)
  // they are another database's from the moment that the copy is in its place
  for (const beside of [`${file}-wal`, `${file}-shm`]) removeFile(beside)
  renameSync(copy, file)
  syncDirectory(dirname(file))
}

/** Whatever else is wrong with it, it is put back because of that. */
function refuseInUse(file: string): void {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 2000 })
    database.exec('BEGIN EXCLUSIVE; ROLLBACK')
  } catch (error) {
    if (isLocked(error)) throw explain(file, error)
  } finally {
    database?.close()
  }
}

const isLocked = (error: unknown) =>
  error instanceof Error && /database is locked/.test(error.message)

function flush(file: string): void {
  const descriptor = openSync(file, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function noCopy(file: string, error: unknown): unknown {
  if (isLocked(error)) return explain(file, error)
  const reason = error instanceof Error ? error.message : String(error)
  const hint = /full/.test(reason)
    ? `make room on the disk of ${dirname(file)}: the copy takes as much as ${file}`
    : 'nothing was changed: the version before goes on with it'
  const message = `${file} cannot be copied, as is done before another version opens it: ${reason}`
  return Object.assign(new Error(message, { cause: error }), { hint })
}

const Begun = v.object({ from: v.optional(v.string()), to: v.string() })

function readBegun(file: string): { from: string | undefined; to: string } | undefined {
  const text = readIfThere(file)
  if (text === undefined) return undefined
  const { from, to } = v.parse(Begun, JSON.parse(text))
  return { from, to }
}

const readConfirmed = (file: string) => readIfThere(file)?.trim()

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
