import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isAppName } from '../core/dns-name.ts'
import type { Slot } from '../core/slots/container.ts'
import type { Slots } from '../core/slots/ports.ts'
import { removeFile, syncDirectory } from './durable.ts'
import { pathSegment } from './path-segment.ts'
import { makeSearchable } from './searchable.ts'

/** The files by which Nginx knows where an app is. */
export interface Flags {
  /** There: green is live. Not there: blue is. */
  green: string
  /** Made by the first deployment and never removed: without it nothing is live. */
  ready: string
  /** There: visitors are asked to wait. Only looked at for apps that are recreated. */
  paused: string
  /** There: the administrator has visitors told that there is maintenance, whatever is live. */
  maintenance: string
  /** There: load balancers are told to send the app's visitors elsewhere. */
  drained: string
  /** There: the receiver hears of requests, whatever app they are of. */
  heard: string
  /**
   * There: this slot is live, and none of the other flags keeps visitors or what is told of them away from it. Made of those: it goes before
   * one of them changes, and comes back when they are what they are to be.
   */
  straight: Readonly<Record<Slot, string>>
}

/** Of all apps: Nginx tells of requests while it is there. */
export const heardFlag = (data: string): string => join(data, 'heard')

/** Those of one app, in their folder. */
export const flagsIn = (folder: string): Omit<Flags, 'heard'> => ({
  green: join(folder, 'green'),
  ready: join(folder, 'ready'),
  paused: join(folder, 'paused'),
  maintenance: join(folder, 'maintenance'),
  drained: join(folder, 'drained'),
  straight: { blue: join(folder, 'straight-blue'), green: join(folder, 'straight-green') },
})

/** What says whether load balancers may send visitors: to the machine, and to each app. */
export const upFiles = (data: string): { drained: string; apps: string } => ({
  drained: join(data, 'drained'),
  apps: join(data, 'slots'),
})

/** The slot flags on disk. Every method throws the file system's own error when it cannot look or write. */
export interface SlotFiles extends Slots {
  flags(app: string): Flags
  /** Since when load balancers are told to send nobody to this machine (ISO 8601, UTC); `undefined`: they are not. */
  machineDrained(): string | undefined
  drainMachine(isOn: boolean): void
  /** Whether Nginx is to tell of requests, as somebody hears of them. */
  hear(isOn: boolean): void
  /** Makes what is made of other flags anew, of all apps: of a power cut, or an older version, it may be left over. */
  straighten(): void
  /** Forgets an app that is gone for good: nothing is live. */
  clear(app: string): void
}

/**
 * The slot flags, as files under `{data}/slots`. A change is durable when the call returns. One file tells the slots
 * apart and another one, which never goes away, tells that there is one at all: whatever moment Nginx looks at, it finds
 * a live slot. What is made of them, for Nginx to have one look at most times, lies in the same directory: so it is gone for good once the change is.
 */
export function createSlots(data: string): SlotFiles {
  const root = join(data, 'slots')
  const placeOf = (app: string) => join(root, pathSegment(app))
  const flags = (app: string): Flags => ({
    ...flagsIn(placeOf(app)),
    heard: heardFlag(data),
  })
  const prepare = (app: string) => {
    makeSearchable(data, 0o711)
    makeSearchable(root, 0o755)
    makeSearchable(placeOf(app), 0o755)
  }
  const live = (app: string): Slot | undefined => {
    const { green, ready } = flags(app)
    if (!isThere(ready)) return undefined
    return isThere(green) ? 'green' : 'blue'
  }
  const bend = (app: string) => {
    for (const file of Object.values(flags(app).straight)) rmSync(file, { force: true })
  }
  const straighten = (app: string) => {
    const { paused, maintenance, heard, straight } = flags(app)
    bend(app)
    try {
      const slot = live(app)
      const isOnTheWay = !isThere(heard) || isThere(paused) || isThere(maintenance)
      if (slot !== undefined && !isOnTheWay) writeFileSync(straight[slot], '')
    } catch {
      // a full disk: Nginx goes on looking at each of them
    }
  }
  const straightenAll = () => {
    for (const app of appsIn(root)) straighten(app)
  }
  const change = (app: string, work: () => void) => {
    prepare(app)
    bend(app)
    try {
      work()
    } finally {
      straighten(app)
    }
  }
  return {
    flags,
    live,
    makeLive(app, slot) {
      const { green, ready } = flags(app)
      change(app, () => {
        if (slot === 'green') create(green)
        else removeFile(green)
        if (!isThere(ready)) create(ready)
      })
    },
    paused: (app) => isThere(flags(app).paused),
    // the flags may be lost while containers still stand
    pause: (app) => change(app, () => create(flags(app).paused)),
    unpause(app) {
      const { paused } = flags(app)
      if (isThere(paused)) change(app, () => removeFile(paused))
    },
    maintenance: (app) => find(flags(app).maintenance)?.mtime.toISOString(),
    setMaintenance(app, isOn) {
      const { maintenance } = flags(app)
      if (isOn === isThere(maintenance)) return
      change(app, () => (isOn ? create(maintenance) : removeFile(maintenance)))
    },
    drained: (app) => isThere(flags(app).drained),
    setDrained(app, isOn) {
      const { drained } = flags(app)
      if (isOn === isThere(drained)) return
      if (!isOn) return removeFile(drained)
      prepare(app)
      create(drained)
    },
    machineDrained: () => find(upFiles(data).drained)?.mtime.toISOString(),
    drainMachine(isOn) {
      const { drained } = upFiles(data)
      if (isOn === isThere(drained)) return
      if (!isOn) return removeFile(drained)
      makeSearchable(data, 0o711)
      create(drained)
    },
    hear(isOn) {
      if (isOn) writeFileSync(heardFlag(data), '')
      else rmSync(heardFlag(data), { force: true })
      straightenAll()
    },
    straighten: straightenAll,
    clear(app) {
      const { green, ready, paused, maintenance, drained } = flags(app)
      if (!isThere(dirname(ready))) return
      // in this order nothing is live at once, whatever is left over
      bend(app)
      removeFile(ready)
      removeFile(green)
      removeFile(paused)
      removeFile(maintenance)
      removeFile(drained)
      // what else somebody put there is theirs
      if (readdirSync(dirname(ready)).length === 0) rmdirSync(dirname(ready))
    },
  }
}

/** "Not there" and "cannot be looked up" are two things: taking the second for the first would name the wrong slot. */
const isThere = (file: string): boolean => find(file) !== undefined

const find = (file: string): Stats | undefined => statSync(file, { throwIfNoEntry: false })

/** A flag that is not sure to last is taken back: it would count at once, and the caller is told that it does not. */
function create(file: string): void {
  const isNew = !isThere(file)
  const descriptor = openSync(file, 'w', 0o644)
  try {
    fsyncSync(descriptor)
    syncDirectory(dirname(file))
  } catch (error) {
    if (isNew) rmSync(file, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
}

const appsIn = (directory: string): string[] =>
  find(directory) === undefined
    ? []
    : readdirSync(directory, { withFileTypes: true }).flatMap((each) =>
        each.isDirectory() && isAppName(each.name) ? each.name : [],
      )
