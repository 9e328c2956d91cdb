import { join } from 'node:path'
import { defined } from '../../core/defined.ts'
import type { SiteSettings } from '../../core/site.ts'
import type { Slot } from '../../core/slots/container.ts'
import type { AppUpstreams } from '../../core/slots/ports.ts'
import { type Flags, flagsIn } from '../slots.ts'
import type { UpstreamLinks } from '../upstream-links.ts'
import { filesOf, previewsFileOf } from './app-files.ts'
import type { AskedSite } from './ask/ask.ts'
import { type ServerBlock, serverBlocksIn } from './ask/server-blocks.ts'
import { placesOf } from './ask/visit.ts'
import { onDisk } from './change.ts'
import type { Features } from './features.ts'
import { readIfThere } from './files.ts'
import type { NginxSettings } from './program.ts'
import { inEachFile } from './render/listen.ts'
import { isOfInternal } from './render/internal-block.ts'
import { NAME } from './render/preview.ts'
import { servedPathIn } from './render/served.ts'
import type { Site } from './render/site.ts'
import type { Up } from './render/up.ts'
import type { ConfiguredTls } from './served-pair.ts'

/** What the config, and the certificates on disk, say of the previews of an app. */
export interface ConfiguredPreviews {
  domain: string
  site: SiteSettings
  health?: { path?: string }
  /** Of a certificate for all of their names. */
  tls?: ConfiguredTls | undefined
  /** No other app's previews have names below that domain. */
  isAlone?: true
  /**
   * Each has a site of its own: because it has a certificate of its own, and Nginx's workers cannot read keys, or because another site
   * would have their names.
   */
  areApart?: true
}

/** How previews are found that share a site. */
export interface PreviewLinks {
  links: UpstreamLinks
  /** Folder with the flags of each app. */
  flags: string
}

interface PreviewSitesOptions {
  nginx: NginxSettings
  app(name: string):
    | {
        domains: readonly string[]
        site?: SiteSettings
        ofPreviews?: ConfiguredPreviews
        previewOf?: string
      }
    | undefined
  flags(app: string): Pick<Flags, 'heard'>
  address(app: string, slot: Slot, replica: number): string
  up?: Up
  /** Absent: each preview has a site of its own. */
  previews?: PreviewLinks
}

/**
 * Whether one of these names (of `server_name`, or of domains) would come before what previews are found by: a wildcard for all names
 * below their domain where an app has that for itself, or else a pattern, before which any wildcard comes.
 */
export const isAnyBefore = (
  names: readonly string[],
  { domain, isAlone }: Pick<ConfiguredPreviews, 'domain' | 'isAlone'>,
): boolean =>
  names.some((name) => {
    // which of two patterns comes first is a matter of files' names, and what it has nobody can say but Nginx
    if (name.startsWith('~')) return isAlone !== true && !isOfInternal(name)
    const end = /^\*?(\..+)$/.exec(name)?.[1]
    if (end === undefined) return false
    return isAlone === true ? end === `.${domain}` : `.${domain}`.endsWith(end)
  })

/** The sites that previews share: one for all previews of an app, which is written when the config is taken. */
export function previewSites({
  nginx,
  app: configured,
  flags,
  address,
  up,
  previews: found,
}: PreviewSitesOptions) {
  /** Domains of previews of which Nginx has names in other sites, which would come first. */
  const taken = new Set<string>()

  /** What the previews of an app share; `undefined`: it has none, or each has a site of its own. */
  const sharedBy = (app: string) => {
    const previews = configured(app)?.ofPreviews
    if (found === undefined || previews === undefined) return undefined
    return previews.areApart === true || taken.has(previews.domain)
      ? undefined
      : { ...previews, found }
  }

  /** The app with whose other previews this one shares a site. */
  const parentOf = (preview: string): string | undefined => {
    const parent = configured(preview)?.previewOf
    return parent === undefined || sharedBy(parent) === undefined ? undefined : parent
  }

  return {
    parentOf,

    /** Whether one of these has no site for all its previews because another site has their names, as far as was seen. */
    isKeptOff: (apps: readonly string[]): boolean =>
      apps.some((app) => taken.has(configured(app)?.ofPreviews?.domain ?? '')),
    /** Sees whether other sites than these have their names. Where Nginx does not say what it reads, none has. */
    see(apps: readonly string[], others: readonly ServerBlock[]): void {
      const names = others.flatMap((block) => block.names)
      for (const app of apps) {
        const parent = configured(app)?.previewOf ?? app
        const previews = configured(parent)?.ofPreviews
        if (previews === undefined) continue
        if (isAnyBefore(names, previews)) taken.add(previews.domain)
        else taken.delete(previews.domain)
      }
    },

    siteOf(app: string, features: Features): Site | undefined {
      const shared = sharedBy(app)
      if (shared === undefined) return undefined
      const { domain, site, health, tls, found: at, isAlone = false } = shared
      const { maintenance, drained: _d, straight: _s, ...slotFlags } = flagsIn(join(at.flags, NAME))
      return {
        app,
        domains: [`*.${domain}`],
        // they are nobody's default, whatever the app's own site is
        listen: inEachFile(nginx.listen).map((each) => each.replaceAll(' default_server', '')),
        upstreams: { blue: [], green: [] },
        flags: slotFlags,
        heard: flags(app).heard,
        ...defined({ up }),
        // any of them may be
        pauses: true,
        ...site,
        ...defined({ webroot: tls?.webroot }),
        ...pairOf(tls, {
          file: previewsFileOf(nginx.directory, app),
          listen: inEachFile(nginx.listenTls ?? []),
        }),
        ...(nginx.proxyProtocol === true ? { proxyProtocol: true } : {}),
        features,
        maintenance: { flag: maintenance, ...defined({ health: health?.path }) },
        previews: { domain, upstreams: at.links.folder, isAlone },
      }
    },

    /** What is there of one that shares a site; of any other `undefined`, also of one whose own file somebody edited. */
    onDisk(app: string): AskedSite | undefined {
      const parent = parentOf(app)
      if (parent === undefined) return undefined
      const [own] = filesOf(nginx.directory, app)
      const conf = previewsFileOf(nginx.directory, parent)
      const [edited, text] = onDisk(nginx, () => [own, conf].map(readIfThere))
      if (edited !== undefined) return undefined
      const isFound = found?.links.has(app) === true
      const path = isFound ? servedPathIn(text ?? '') : ''
      const { domains = [], site } = configured(app) ?? {}
      const written = serverBlocksIn(conf, text ?? '').filter(({ served }) => served.has(path))
      return {
        app,
        path,
        conf,
        snippet: conf,
        isTold: isFound && text !== undefined,
        domains,
        places: placesOf(domains, written),
        at: '',
        isBehindProxy: (site?.trustedProxies ?? []).length > 0 && nginx.proxyProtocol !== true,
      }
    },

    /** Has visitors find those of these that share a site, without a word to Nginx. Throws the file system's own error. */
    lead(all: Readonly<Record<string, AppUpstreams>>): void {
      for (const [app, upstreams] of Object.entries(all)) {
        if (parentOf(app) === undefined || 'published' in upstreams) continue
        const place = (slot: Slot) => `${address(app, slot, 1)}:${upstreams[slot].port}`
        found?.links.lead(app, { blue: place('blue'), green: place('green') })
      }
    },
    /** Those of these that have a site of their own are found by it alone. */
    leave(apps: readonly string[]): void {
      for (const app of apps) if (parentOf(app) === undefined) found?.links.remove(app)
    },
    /** Nobody finds it any more. Returns whether anybody did. */
    remove: (app: string): boolean => found?.links.remove(app) === true,
  }
}

/** One certificate for all of them: where its time is over, it is shown on where it is. */
function pairOf(
  tls: ConfiguredTls | undefined,
  { file, listen }: { file: string; listen: readonly string[] },
): Pick<Site, 'tls'> {
  if (tls?.pair === undefined || listen.length === 0) return {}
  const { certificate, key, covers, isFit } = tls.pair
  const isShown = () => (readIfThere(file) ?? '').includes(`ssl_certificate ${certificate};`)
  return (isFit ? covers.length > 0 : isShown()) ? { tls: { certificate, key, listen } } : {}
}
