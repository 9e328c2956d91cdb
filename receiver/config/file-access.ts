import { realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Field, Reader } from './reader.ts'

/** What is wrong with who can come to a file, and what to do about it. */
export interface Open {
  message: string
  hint: string
}

/**
 * Warns of a file that others can change, or can read though it holds a secret, and notes it as a part of the config.
 * @param field where the file is named, or where the secret stands in it
 */
export function warnOfAccess(reader: Reader, field: Field, what: Looked): void {
  reader.noteFile(what.file)
  for (const { message, hint } of openTo(what)) reader.warning(field, message, hint)
}

interface Looked {
  file: string
  holdsSecret: boolean
}

/**
 * Whether others can change a file, or can read it though it holds a secret. Others are all but root and the user who
 * asks; a folder that they cannot enter keeps them from what lies in it. A file that is not there is not its matter.
 */
export function openTo({ file, holdsSecret }: Looked): Open[] {
  const way = wayTo(file)
  const changeable = way.find(({ stats, may }) => isOfOthers(stats) || mayChange(stats, may))
  const changing = changeable === undefined ? [] : [change(file, changeable)]
  const last = way.at(-1)
  if (!holdsSecret || last === undefined || (last.may & READ) === 0) return changing
  const { path, stats } = last
  const message = `others can read ${file} (mode ${modeOf(stats)}), which holds a secret`
  return [...changing, { message, hint: `chmod 600 ${path}` }]
}

function change(file: string, { path, stats }: Part): Open {
  const [why, hint] = isOfOthers(stats)
    ? [`belongs to user ${stats.uid}`, `chown root ${path}`]
    : [`has mode ${modeOf(stats)}`, `chmod go-w ${path}`]
  return { message: `others can change ${file}: ${path} ${why}`, hint }
}

const [READ, WRITE, ENTER] = [0o044, 0o022, 0o011]
const STICKY = 0o1000

interface Part {
  path: string
  stats: Stats
  /** The bits of its mode that others have the use of. */
  may: number
}

/** The folders from the root on and then the file, where it really lies. Nothing when it cannot be looked at. */
export function wayTo(file: string): Part[] {
  const way: Part[] = []
  let canCome = true
  try {
    for (const path of pathsTo(realpathSync(file))) {
      const stats = statSync(path)
      const may: number = canCome ? stats.mode & (isAlone(stats) ? 0o007 : 0o077) : 0
      way.push({ path, stats, may })
      canCome = (may & ENTER) !== 0
    }
    return way
  } catch {
    return []
  }
}

/** In root's group there is nobody else, nor in one of who asks that has the user's own number: by such a one a pod has its volumes. */
const isAlone = ({ gid }: Stats) =>
  gid === 0 || (gid === process.getgid?.() && gid === process.getuid?.())

function pathsTo(file: string): string[] {
  const folder = dirname(file)
  return folder === file ? [file] : [...pathsTo(folder), file]
}

const isOfOthers = ({ uid }: Stats) => uid !== 0 && uid !== process.getuid?.()

/** In a folder like /tmp everybody can add files, but take away only what is their own. */
const mayChange = (stats: Stats, may: number) =>
  (may & WRITE) !== 0 && !(stats.isDirectory() && (stats.mode & STICKY) !== 0)

export const modeOf = ({ mode }: Stats) => (mode & 0o7777).toString(8).padStart(4, '0')
