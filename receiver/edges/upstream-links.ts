import {
  lstatSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Slot } from '../core/slots/container.ts'
import { syncDirectory } from './durable.ts'
import { pathSegment } from './path-segment.ts'
import { makeSearchable } from './searchable.ts'

const SLOTS = ['blue', 'green'] as const satisfies readonly Slot[]

/**
 * Where the slots of apps are, for a site that has many of them and is not to be written again for each: Nginx reads no file, but it
 * does follow a link. `{data}/upstreams/api--pr-42_blue` leads to an empty file beside it that is called `10.213.16.2:8000`.
 */
export interface UpstreamLinks {
  /** In which they lie. */
  folder: string
  /** Whether an app has them. */
  has(app: string): boolean
  /** Has them lead to these places (`address:port`), each atomically and durably. Throws the file system's own error. */
  lead(app: string, to: Readonly<Record<Slot, string>>): void
  /** Nobody finds the app any more. Returns whether anybody did. */
  remove(app: string): boolean
}

export function createUpstreamLinks(data: string): UpstreamLinks {
  const folder = join(data, 'upstreams')
  const linkOf = (app: string, slot: Slot) => join(folder, `${pathSegment(app)}_${slot}`)
  /** Places to which no link leads any more go, also what a crash left. A folder is somebody's own. */
  const tidy = () => {
    const names = readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
      each.isDirectory() ? [] : each.name,
    )
    const places = new Set(names.map((name) => target(join(folder, name))))
    for (const name of names) {
      const isInUse = isLink(join(folder, name)) ? !name.startsWith('.') : places.has(name)
      if (!isInUse) rmSync(join(folder, name))
    }
    if (readdirSync(folder).length === 0) rmdirSync(folder)
  }
  return {
    folder,
    has: (app) => SLOTS.every((slot) => target(linkOf(app, slot)) !== undefined),
    lead(app, to) {
      const others = SLOTS.filter((slot) => target(linkOf(app, slot)) !== to[slot])
      if (others.length === 0) return
      makeSearchable(data, 0o711)
      makeSearchable(folder, 0o755)
      for (const slot of others) {
        writeFileSync(join(folder, to[slot]), '', { mode: 0o644 })
        const temporary = join(folder, `.${pathSegment(app)}_${slot}.new`)
        rmSync(temporary, { force: true })
        symlinkSync(to[slot], temporary)
        renameSync(temporary, linkOf(app, slot))
      }
      syncDirectory(folder)
      tidy()
    },
    remove(app) {
      const links = SLOTS.map((slot) => linkOf(app, slot)).filter(isLink)
      for (const link of links) rmSync(link)
      if (links.length === 0) return false
      syncDirectory(folder)
      tidy()
      return true
    },
  }
}

const isLink = (file: string): boolean =>
  lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true

/** Where a link leads; `undefined` when there is none. */
const target = (file: string): string | undefined => (isLink(file) ? readlinkSync(file) : undefined)
