import { basename } from 'node:path'
import { defined } from '../../core/defined.ts'
import type { OnEdit } from '../../core/on-edit.ts'
import type { Seen } from '../../core/slots/maintenance.ts'
import type { AppUpstreams, Ensured, Served, Sites } from '../../core/slots/ports.ts'
import { filesOf, previewsFileOf, snippetsOf } from './app-files.ts'
import { type AppSitesOptions, appSites } from './app-sites.ts'
import { asking } from './asking.ts'
import { waitUntilGone } from './ask/wait-until-gone.ts'
import type { ServerBlock } from './ask/server-blocks.ts'
import type { Telling } from './ask/who-tells.ts'
import { askFrontPages } from './ask/front-pages.ts'
import { leafAt } from './ask/leaf.ts'
import { change, onDisk } from './change.ts'
import { checkUp } from './check-up.ts'
import { askAsBalancer } from './ask/balancer.ts'
import { type Edit, editsOf, writable } from './edited.ts'
import { createReceiverAtNginx, type ReceiverAtNginx } from './ensure-receiver.ts'
import { isSettled, makeDirectory, readIfThere, type Wanted } from './files.ts'
import { leftBehind } from './left-behind.ts'
import { isOthers, othersFile } from './mark.ts'
import { OLDEST } from './features.ts'
import { http3Socket } from './http3.ts'
import { createProgram, type Program } from './program.ts'
import { inEachFile } from './render/listen.ts'
import { previewSites } from './preview-sites.ts'
import type { ConfiguredReceiver } from './receiver-site.ts'
import { createTurns } from './turns.ts'
import { twoDefaults } from './two-defaults.ts'
import { createWanted } from './wanted.ts'
import { whoStillUses } from './who-still-uses.ts'

export interface SitesOptions extends AppSitesOptions {
  /** Id of the installation, which its files bear. */
  installation: string
  /** The receiver itself; by default nothing is written for it. */
  receiver?(): ConfiguredReceiver
  /** A certificate that is nobody's, for visitors of names that nobody has; by default there is none. */
  nobodysPair?(): Promise<{ certificate: string; key: string } | undefined>
}

export interface SiteFiles extends Sites {
  /** As `ask`, for people: it has Nginx do nothing, and one that does not run is `not_served`. */
  look(app: string): Promise<Served>
  /** What visitors of the app get where its first page would be. */
  visitorsGet(app: string): Promise<Seen[]>
  /** What load balancers get that ask for the machine by its address. */
  balancersGet(): Promise<Seen[]>
  /** SHA-256 of the certificate that it gives visitors of a name; `undefined` when it gives none, or cannot be asked from here. */
  leaf(name: string): Promise<string | undefined>
  /** Has it read its files again, and what they name. Throws `nginx_failed`. */
  reload(): Promise<void>
  /** The receiver's own site. */
  receiver: Omit<ReceiverAtNginx, 'ask' | 'file' | 'edits' | 'lost'> & {
    /** As `ask` and `look`; `undefined` when that site is left to the user. */
    ask(): Promise<Served | undefined>
    look(): Promise<Served | undefined>
  }
  /** How Nginx is, and what it warns of. Throws `nginx_failed` when it does not take its files, `not_served` when it does not run. */
  check(): Promise<{ state: string; warnings: readonly string[] }>
  /** Where the receiver is told of requests, and the file of the line that does it; `elsewhere`: never. */
  whoTells(): Promise<{ file: string; places: Telling[] | undefined } | 'elsewhere'>
  /**
   * Takes an app that is gone out of Nginx. Resolves to whether there was something of ours to take out.
   * @param onEdit `overwrite` by default: whoever removes an app means its edited files, too
   */
  remove(app: string, onEdit?: OnEdit): Promise<boolean>
  /** What somebody did to the files of these apps, against what is configured now. Only looks. */
  edits(upstreams: Upstreams): Edit[]
  /** The edited ones among what was ensured last, and among the receiver's own files: without another look. */
  leftAlone(): Edit[]
  /** Throws `not_ours` when the files of one of these apps are another receiver's. */
  refuseOthers(apps: readonly string[]): void
}

/**
 * Keeps one file per app in Nginx's directory, and two snippets beside it. What is there already is left alone and Nginx is
 * not reloaded; a change is tested first, and undone when the test fails. A change that a crash or a failed reload cut
 * short is tested and loaded at the next call. Throws `nginx_failed`.
 */
export function createSites(options: SitesOptions): SiteFiles {
  const {
    installation,
    nginx,
    apps: known = () => [],
    nobodysPair = async () => undefined,
    receiver: configuredReceiver = (): ConfiguredReceiver => ({
      url: '',
      listen: { host: '', port: 0 },
    }),
    flags,
    bridge,
  } = options
  const own = appSites(options)
  const previews = previewSites(options)
  const siteOnDisk = (app: string) => previews.onDisk(app) ?? own.siteOnDisk(app)
  const wantedOf = createWanted({ installation, nginx, siteOf: own.siteOf, previews })
  const snippets = snippetsOf(nginx.directory)
  const program = createProgram(nginx)
  const proxied = nginx.proxyProtocol === true ? ' proxy_protocol' : ''
  const listenTls = inEachFile(nginx.listenTls ?? [])
  let features = OLDEST
  let leftAlone: Edit[] = []
  const receiver = createReceiverAtNginx({
    installation,
    nginx,
    program,
    receiver: configuredReceiver,
    nobodysPair,
  })

  // Nginx tests all files at once
  const turns = createTurns()
  const named = (error: unknown): never => {
    throw twoDefaults(receiver.file(), error)
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => turns.inTurn(work).catch(named)
  const again = () => inTurn(() => reloadAgain(program))
  const sockets = (changing: readonly Wanted[]) =>
    http3Socket(changing, { directory: nginx.directory, installation, listens: listenTls })
  const foreign = (app: string): string | undefined => {
    const there = filesOf(nginx.directory, app).flatMap((file) => {
      const text = readIfThere(file)
      return text === undefined ? [] : { file, text }
    })
    const texts = there.map(({ text }) => text)
    return isOthers(texts, { installation, flags: flags(app) }) ? there[0]?.file : undefined
  }
  const refuseOthers = (apps: readonly string[]) => {
    for (const app of apps) {
      const file = onDisk(nginx, () => foreign(app))
      if (file !== undefined) throw othersFile(file, app)
    }
  }

  /** Without those that all previews of an app share, where the app stands, or which go now: of others they are another installation's. */
  const othersOf = (
    blocks: readonly ServerBlock[] = [],
    { standing, left }: { standing: readonly string[]; left: readonly Wanted[] },
  ): ServerBlock[] => {
    const going = left.flatMap(({ file, text }) => (text === undefined ? file : []))
    const shared = standing.map((app) => previewsFileOf(nginx.directory, app))
    const ours = new Set([...going, ...shared].map((file) => basename(file)))
    return blocks.filter(({ file }) => !ours.has(basename(file)))
  }

  const ensure = async (
    upstreams: Upstreams,
    onEdit: (app: string) => OnEdit,
  ): Promise<Ensured> => {
    const all = Object.keys(upstreams)
    refuseOthers(all)
    features = await program.features()
    const standing = [...known(), ...all]
    const left = onDisk(nginx, () => leftBehind({ ...nginx, installation, apps: standing }))
    const isAsItWas = () => wantedOf.shared(all, features).every(isSettled)
    if (previews.isKeptOff(all) || !onDisk(nginx, isAsItWas)) {
      previews.see(all, othersOf(await program.serverBlocks(), { standing, left }))
    }
    const each = wantedOf.all(upstreams, features)
    const edited = onDisk(nginx, () => each.map(({ app, files }) => editsOf(app, files)))
    leftAlone = edited.flat().filter(({ kind }) => kind === 'edited')
    const wanted = each.flatMap(({ app, files }, at) =>
      onDisk(nginx, () => writable(app, files, onEdit(app), edited[at])),
    )
    // before they leave sites of their own
    onDisk(nginx, () => previews.lead(upstreams))
    wanted.push(...left)
    const lost = await receiver.lost()
    wanted.push(...lost)
    wanted.push(...onDisk(nginx, () => sockets(wanted)))
    const done = await change(wanted, {
      nginx,
      program,
      prepare: () => makeDirectory(snippets),
    })
    onDisk(nginx, () => previews.leave(all))
    // what others have of Nginx can be seen again
    if (lost.length > 0) await receiver.ensure('leave')
    return done
  }

  // for each change Nginx reads the files of all apps
  const ensureTogether = turns.together((all: readonly Upstreams[]) =>
    ensure(Object.assign({}, ...all) as Upstreams, () => 'refuse'),
  )

  return {
    ensure: (upstreams, onEdit) =>
      onEdit === undefined
        ? ensureTogether(upstreams).catch(named)
        : inTurn(() => ensure(upstreams, onEdit)),
    ...asking({ nginx, ...defined({ bridge }), program, siteOnDisk, again }),
    visitorsGet: async (app) =>
      askFrontPages(siteOnDisk(app), {
        blocks: await program.serverBlocks(),
        flag: flags(app).maintenance,
      }),
    balancersGet: () => askAsBalancer(inEachFile(nginx.listen).map((each) => `${each}${proxied}`)),
    async leaf(name) {
      const [listen] = listenTls
      return listen === undefined ? undefined : leafAt(`${listen}${proxied}`, name)
    },
    reload: () =>
      inTurn(async () => {
        await program.test()
        await program.reload()
      }),
    receiver: {
      ensure: (onEdit) => inTurn(() => receiver.ensure(onEdit)),
      ask: () => receiver.ask({ again }),
      look: () => receiver.ask(),
      notice: receiver.notice,
      page: receiver.page,
      unknownNames: receiver.unknownNames,
    },
    check: () => checkUp(program, nginx.listen),
    async whoTells() {
      const { traffic } = configuredReceiver()
      if (traffic === undefined || program.elsewhere !== undefined) return 'elsewhere'
      return { file: receiver.file(), places: await program.whoTells(traffic.port) }
    },
    async remove(app, onEdit = 'overwrite') {
      const site = siteOnDisk(app)
      let wasFound = false
      const wasThere = await inTurn(async () => {
        if (onDisk(nginx, () => foreign(app)) !== undefined) return false
        wasFound = onDisk(nginx, () => previews.remove(app))
        const mine = onDisk(nginx, () => writable(app, wantedOf.none(app), onEdit))
        const wanted = [...mine, ...onDisk(nginx, () => sockets(mine))]
        try {
          return (await change(wanted, { nginx, program })).changed
        } catch (error) {
          throw whoStillUses(app, filesOf(nginx.directory, app), error)
        }
      })
      if (wasThere) await waitUntilGone(site, program)
      return wasThere || wasFound
    },
    leftAlone: () => [...receiver.edits(), ...leftAlone],
    edits: (upstreams) =>
      onDisk(nginx, () => [
        ...receiver.edits(),
        ...wantedOf
          .all(upstreams, features)
          .flatMap(({ app, files }) => (foreign(app) === undefined ? editsOf(app, files) : [])),
      ]),
    refuseOthers,
  }
}

type Upstreams = Readonly<Record<string, AppUpstreams>>

/** Has Nginx read its files once more, unless it was just told to. Resolves to what came of it. */
async function reloadAgain(program: Program): Promise<'taken' | 'failed'> {
  const recent = program.lastReload()
  if (recent !== undefined) return recent
  await program.test()
  return program.reload().then(
    () => 'taken',
    () => 'failed',
  )
}
