import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Slot, Slots } from '../core/ports.ts'

/** The two files by which Nginx knows where an app is. */
export interface Flags {
  /** There: green is live. Not there: blue is. */
  green: string
  /** Made by the first deployment and never removed: without it nothing is live. */
  ready: string
}

/**
 * The slot flags, as files under `{data}/slots`. A change is durable when the call returns. One file tells the slots
 * apart and another one, which never goes away, tells that there is one at all: whatever moment Nginx looks at, it finds
 * a live slot.
 */
export function createSlots(data: string): Slots & { flags(app: string): Flags } {
  const root = join(data, 'slots')
  const flags = (app: string): Flags => ({
    green: join(root, app, 'green'),
    ready: join(root, app, 'ready'),
  })
  return {
    flags,
    live(app): Slot | undefined {
      const { green, ready } = flags(app)
      if (!existsSync(ready)) return undefined
      return existsSync(green) ? 'green' : 'blue'
    },
    makeLive(app, slot) {
      const { green, ready } = flags(app)
      makeSearchable(data, root, join(root, app))
      if (slot === 'green') create(green)
      else remove(green)
      if (!existsSync(ready)) create(ready)
    },
  }
}

/** Nginx's workers run as another user: they may pass through these directories, and see what lies in the slots' own. */
function makeSearchable(data: string, ...directories: string[]): void {
  mkdirSync(data, { recursive: true })
  chmodSync(data, 0o711)
  for (const directory of directories) {
    if (existsSync(directory)) continue
    mkdirSync(directory, { recursive: true })
    chmodSync(directory, 0o755)
    sync(dirname(directory))
  }
}

function create(file: string): void {
  const descriptor = openSync(file, 'w', 0o644)
  fsyncSync(descriptor)
  closeSync(descriptor)
  sync(dirname(file))
}

function remove(file: string): void {
  rmSync(file, { force: true })
  sync(dirname(file))
}

/** A name is durable once its directory is. */
function sync(directory: string): void {
  const descriptor = openSync(directory, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
