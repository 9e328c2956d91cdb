import { DeployError } from '../../core/errors.ts'
import type { AppUpstreams } from '../../core/slots/ports.ts'
import { filesOf, previewsFileOf } from './app-files.ts'
import type { appSites } from './app-sites.ts'
import { reasonOf } from './change.ts'
import type { Features } from './features.ts'
import type { Wanted } from './files.ts'
import { withHead } from './mark.ts'
import type { previewSites } from './preview-sites.ts'
import type { NginxSettings } from './program.ts'
import { render, renderPreviews } from './render/render.ts'
import { withRevision } from './render/served.ts'
import { type Site, settingsOf } from './render/site.ts'

type Upstreams = Readonly<Record<string, AppUpstreams>>

/** Files that belong together: of these, what somebody edited holds up the others. */
interface OfApp {
  app: string
  files: Wanted[]
}

/** The files that are to be there of apps, with their texts. Throws `nginx_failed` where something cannot stand in a file of Nginx. */
export function createWanted({
  installation,
  nginx: { directory },
  siteOf,
  previews,
}: {
  installation: string
  nginx: Pick<NginxSettings, 'directory'>
  siteOf: ReturnType<typeof appSites>['siteOf']
  previews: Pick<ReturnType<typeof previewSites>, 'parentOf' | 'siteOf'>
}) {
  /** None: they are not to be there. */
  const own = (app: string, site?: Site): Wanted[] => {
    const [conf, slot, proxy] = filesOf(directory, app)
    const texts = site && withRevision(installation, rendered(site, render))
    const mine = (text: string | undefined) =>
      text && withHead(installation, text, site === undefined ? {} : settingsOf(site))
    return [
      { file: conf, text: mine(texts?.conf) },
      { file: slot, text: mine(texts?.slot) },
      { file: proxy, text: mine(texts?.proxy) },
    ]
  }
  const ofPreviews = (app: string, site?: Site): Wanted => {
    const texts = site && { conf: rendered(site, renderPreviews), slot: '', proxy: '' }
    const text = texts && withRevision(installation, texts).conf
    return {
      file: previewsFileOf(directory, app),
      text: text && withHead(installation, text, settingsOf(site)),
    }
  }
  const shared = (apps: readonly string[], features: Features): OfApp[] =>
    [...new Set(apps.map((app) => previews.parentOf(app) ?? app))].map((app) => ({
      app,
      files: [ofPreviews(app, previews.siteOf(app, features))],
    }))
  return {
    /** Of these apps: their own, and those that previews share. */
    all(upstreams: Upstreams, features: Features): OfApp[] {
      const others = new Set(Object.keys(upstreams))
      return [
        ...Object.entries(upstreams).map(([app, each]) => ({
          app,
          files:
            previews.parentOf(app) === undefined
              ? own(app, siteOf(app, each, { others, features }))
              : own(app),
        })),
        ...shared([...others], features),
      ]
    },
    /** Those alone that previews share: of these apps, and of the apps that these are previews of. */
    shared: (apps: readonly string[], features: Features): Wanted[] =>
      shared(apps, features).flatMap(({ files }) => files),
    /** Of an app that is gone. */
    none: (app: string): Wanted[] => [...own(app), ofPreviews(app)],
  }
}

function rendered<T>(site: Site, by: (site: Site) => T): T {
  try {
    return by(site)
  } catch (cause) {
    throw new DeployError('nginx_failed', `no Nginx file for ${site.app}: ${reasonOf(cause)}`, {
      hint: 'choose a value of plain letters, digits, dots and dashes; the data directory is part of the paths',
      cause,
    })
  }
}
