import { dirname, join } from 'node:path'
import { DeployError } from '../../core/errors.ts'
import type { OnEdit } from '../../core/on-edit.ts'
import type { SiteSettings } from '../../core/site.ts'
import type { AppUpstreams, Sites, Slot } from '../../core/slots/ports.ts'
import { pathSegment } from '../path-segment.ts'
import type { Flags } from '../slots.ts'
import { CommandError, runCommand } from './command.ts'
import { type Edit, editsOf, writable } from './edited.ts'
import {
  isSettled,
  makeDirectory,
  put,
  readIfThere,
  restore,
  settle,
  sign,
  type Wanted,
} from './files.ts'
import { inEachFile } from './listen.ts'
import { isOthers, othersFile, withHead } from './mark.ts'
import { render, type Rendered } from './render.ts'
import type { Site } from './site.ts'
import { whoStillUses } from './still-used.ts'

export interface SitesOptions {
  /** Id of the installation, which its files bear. */
  installation: string
  nginx: { directory: string; test: string; reload: string; listen: readonly string[] }
  /** The app as it is configured now. */
  app(
    name: string,
  ): { domains: readonly string[]; pauses: boolean; site?: SiteSettings } | undefined
  flags(app: string): Flags
  address(app: string, slot: Slot, replica: number): string
}

export interface SiteFiles extends Sites {
  /**
   * Takes an app that is gone out of Nginx. Resolves to whether there was something of ours to take out.
   * @param onEdit `overwrite` by default: whoever removes an app means its edited files, too
   */
  remove(app: string, onEdit?: OnEdit): Promise<boolean>
  /** What somebody did to the files of these apps, against what is configured now. Only looks. */
  edits(upstreams: Readonly<Record<string, AppUpstreams>>): Edit[]
  /** Throws `not_ours` when the files of one of these apps are another receiver's. */
  refuseOthers(apps: readonly string[]): void
}

/**
 * Keeps one file per app in Nginx's directory, and two snippets beside it. What is there already is left alone and Nginx is
 * not reloaded; a change is tested first, and undone when the test fails. A change that a crash or a failed reload cut
 * short is tested and loaded at the next call. Throws `nginx_failed`.
 */
export function createSites({
  installation,
  nginx,
  app: configured,
  flags,
  address,
}: SitesOptions): SiteFiles {
  let last: Promise<unknown> = Promise.resolve()
  const snippets = snippetsOf(nginx.directory)

  // one after the other: Nginx tests all files at once
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => false)
    return mine
  }
  const files = (app: string, site?: Site): Wanted[] => {
    const [conf, slot, proxy] = filesOf(nginx.directory, app)
    const texts = site === undefined ? undefined : rendered(site)
    const mine = (text: string | undefined) =>
      text === undefined ? undefined : withHead(installation, text, site ?? {})
    return [
      { file: conf, text: mine(texts?.conf) },
      { file: slot, text: mine(texts?.slot) },
      { file: proxy, text: mine(texts?.proxy) },
    ]
  }
  const foreign = (app: string): string | undefined => {
    const there = filesOf(nginx.directory, app).filter((file) => readIfThere(file) !== undefined)
    const texts = there.map((file) => readIfThere(file) ?? '')
    return isOthers(texts, { installation, flags: flags(app) }) ? there[0] : undefined
  }
  const refuseOthers = (apps: readonly string[]) => {
    for (const app of apps) {
      const file = onDisk(nginx, () => foreign(app))
      if (file !== undefined) throw othersFile(file, app)
    }
  }

  const siteOf = (app: string, upstreams: AppUpstreams) => {
    const { domains = [], pauses = false, site } = configured(app) ?? {}
    const servers = (slot: Slot) =>
      Array.from(
        { length: upstreams[slot].replicas },
        (_, at) => `${address(app, slot, at + 1)}:${upstreams[slot].port}`,
      )
    return {
      app,
      domains,
      listen: inEachFile(nginx.listen),
      upstreams: { blue: servers('blue'), green: servers('green') },
      flags: flags(app),
      pauses,
      trustedProxies: site?.trustedProxies ?? [],
    }
  }

  return {
    ensure: (upstreams, onEdit = () => 'refuse') =>
      inTurn(async () => {
        refuseOthers(Object.keys(upstreams))
        const wanted = Object.entries(upstreams).flatMap(([app, each]) =>
          onDisk(nginx, () => writable(app, files(app, siteOf(app, each)), onEdit(app))),
        )
        return change(wanted, nginx, () => makeDirectory(snippets))
      }),
    remove: (app, onEdit = 'overwrite') =>
      inTurn(async () => {
        if (onDisk(nginx, () => foreign(app)) !== undefined) return false
        const wanted = onDisk(nginx, () => writable(app, files(app), onEdit))
        try {
          return await change(wanted, nginx, () => {})
        } catch (error) {
          throw whoStillUses(app, filesOf(nginx.directory, app), error)
        }
      }),
    edits: (upstreams) =>
      onDisk(nginx, () =>
        Object.entries(upstreams).flatMap(([app, each]) =>
          foreign(app) === undefined ? editsOf(app, files(app, siteOf(app, each))) : [],
        ),
      ),
    refuseOthers,
  }
}

const snippetsOf = (directory: string) => join(dirname(directory), 'deploy-receiver.d')

/** An app's file for Nginx, and its snippets for a server block and for a location. */
export const filesOf = (
  directory: string,
  app: string,
): [conf: string, slot: string, proxy: string] => [
  join(directory, `deploy-receiver.${pathSegment(app)}.conf`),
  join(snippetsOf(directory), `${pathSegment(app)}.slot`),
  join(snippetsOf(directory), `${pathSegment(app)}.proxy`),
]

function rendered(site: Site): Rendered {
  try {
    return render(site)
  } catch (cause) {
    throw new DeployError('nginx_failed', `no Nginx file for ${site.app}: ${reasonOf(cause)}`, {
      hint: 'choose a value of plain letters, digits, dots and dashes; the data directory is part of the paths',
      cause,
    })
  }
}

async function change(
  wanted: readonly Wanted[],
  nginx: SitesOptions['nginx'],
  prepare: () => void,
): Promise<boolean> {
  const changed = onDisk(nginx, () => {
    sign(wanted)
    const unsettled = wanted.filter((each) => !isSettled(each))
    if (unsettled.length === 0) return unsettled
    prepare()
    try {
      put(unsettled)
    } catch (error) {
      restore(unsettled)
      throw error
    }
    return unsettled
  })
  if (changed.length === 0) return false
  try {
    await runCommand(nginx.test)
  } catch (cause) {
    onDisk(nginx, () => restore(changed))
    const missing = cause instanceof CommandError && cause.exitCode === COMMAND_NOT_FOUND
    throw new DeployError('nginx_failed', reasonOf(cause), {
      hint: missing
        ? 'install Nginx, or set nginx.test and nginx.reload to how it is called here'
        : "Nginx's files are as they were before; the message names the file and line that it does not take",
      cause,
    })
  }
  try {
    await runCommand(nginx.reload)
  } catch (cause) {
    throw new DeployError('nginx_failed', reasonOf(cause), {
      hint: 'is Nginx running? systemctl start nginx; the new file is in place and takes effect when it starts',
      cause,
    })
  }
  onDisk(nginx, () => settle(changed))
  return true
}

/** The shell's exit status for it. */
const COMMAND_NOT_FOUND = 127

function onDisk<T>({ directory }: SitesOptions['nginx'], work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof DeployError) throw cause
    throw new DeployError('nginx_failed', `cannot write Nginx's files: ${reasonOf(cause)}`, {
      hint: `check nginx.directory (${directory}): it and its parent must exist, and the receiver must be allowed to write there`,
      cause,
    })
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
