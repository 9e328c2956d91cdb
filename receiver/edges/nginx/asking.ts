import type { Served, Sites } from '../../core/slots/ports.ts'
import { filesOf } from './app-files.ts'
import type { AppSitesOptions } from './app-sites.ts'
import { type AskedSite, ask } from './ask/ask.ts'
import { askInternal } from './ask/internal.ts'
import { createRecentAnswers } from './ask/recent.ts'
import { onDisk } from './change.ts'
import { readIfThere } from './files.ts'
import type { Program } from './program.ts'
import { internalPathIn } from './render/served.ts'

/** Asks Nginx for apps as they are on disk, as visitors do and as other containers do. */
export function asking({
  nginx,
  bridge,
  program,
  siteOnDisk,
  again,
}: Pick<AppSitesOptions, 'nginx' | 'bridge'> & {
  program: Program
  siteOnDisk(app: string): AskedSite
  /** Has Nginx read its files once more. */
  again(): Promise<'taken' | 'failed'>
}): Pick<Sites, 'ask' | 'askAhead'> & { look(app: string): Promise<Served> } {
  const recent = createRecentAnswers()

  /** As other containers ask for it; one with another network than this machine's they may not reach by its address. */
  const askFromBridge = async (app: string, signal: AbortSignal) => {
    if (bridge === undefined || program.elsewhere !== undefined) return {}
    const [conf] = filesOf(nginx.directory, app)
    const path = internalPathIn(onDisk(nginx, () => readIfThere(conf)) ?? '')
    // of an edited file of an older version all is said that there is to say
    if (path === '') return {}
    const site = { app, path, listens: nginx.listen, gateway: bridge.gateway }
    return askInternal(site, { program, signal })
  }

  /** What another change replaced while it was asked for is asked for as it is now. */
  const askNow = async (
    app: string,
    how: Omit<Parameters<typeof ask>[1], 'program'>,
  ): Promise<Served> => {
    const site = siteOnDisk(app)
    const fromBridge = askFromBridge(app, how.signal)
    const asked = ask(site, { program, ...how })
    await Promise.allSettled([asked, fromBridge])
    if (siteOnDisk(app).path !== site.path) return askNow(app, how)
    const served = await asked
    const inside = await fromBridge
    // it may have been asked before Nginx had read its files
    return {
      ...(inside.warning === undefined ? inside : await askFromBridge(app, how.signal)),
      ...served,
    }
  }

  return {
    async ask(app, signal, { url } = { url: true }) {
      const good = await recent.take(app, siteOnDisk(app).path)
      return good ?? askNow(app, { signal, hasUrl: url, again })
    },
    look: (app) => askNow(app, { signal: new AbortController().signal }),
    askAhead(app, signal) {
      recent.keep(app, siteOnDisk(app).path, askNow(app, { signal }))
    },
  }
}
