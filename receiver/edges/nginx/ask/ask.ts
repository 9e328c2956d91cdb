import { setTimeout as pause } from 'node:timers/promises'
import { DeployError } from '../../../core/errors.ts'
import type { Served } from '../../../core/slots/ports.ts'
import { type Clues, whoElseIsServed, whyNotServed } from './not-served.ts'
import type { Program } from '../program.ts'
import {
  isServed,
  type Met,
  type Place,
  placesIn,
  urlOf,
  visit,
  type Visited,
  visitOverTls,
} from './visit.ts'

const PAUSE_MS = 25

/** An app's site, as Nginx was told of it. */
export interface AskedSite extends Visited, Pick<Clues, 'conf' | 'snippet'> {
  /** Whether there is a file of it at all. */
  isTold: boolean
  /** None: a site of the user's own includes the snippet. */
  domains: readonly string[]
  /** Where its server blocks have these domains, also when somebody edited them. */
  places: readonly Place[]
  /** Where on its domains it is: empty for all of them, or `/api`. */
  at: string
  /** Whether visitors come by a proxy that is trusted to say how. */
  isBehindProxy: boolean
}

interface AskOptions {
  program: Program
  signal: AbortSignal
  /** Whether what visitors come by is told; by default it is. */
  hasUrl?: boolean
}

/**
 * Asks Nginx on this machine for an app, and while a reload may be under way until that is over. What is not served then has
 * Nginx read its files `again`, if it can be told to: whatever held it up may be gone. Throws `not_served`, or `nginx_failed`.
 */
export async function ask(
  site: AskedSite,
  { again, ...options }: AskOptions & { again?: () => Promise<'taken' | 'failed'> },
): Promise<Served> {
  const { program } = options
  if (site.path === '' && site.isTold) {
    return {
      warning: `Nginx could not be asked for ${site.app}: its file is of an older version, and was edited. deploy-receiver reload --overwrite writes it anew`,
    }
  }
  if (site.path === '') {
    throw new DeployError('not_served', `Nginx was never told of ${site.app}`, {
      hint: 'deploy-receiver reload writes its files',
    })
  }
  // whoever only looks learns nothing of how a reload ended before: Nginx may have started or stopped since
  let reload = again === undefined ? undefined : program.lastReload()
  const { hasUrl = true } = options
  const overTls = hasUrl ? visitOverTls(site) : undefined
  let met = await waitUntilServed(site, options)
  if (!isServed(met) && reload === undefined && again !== undefined) {
    reload = await again()
    met = await waitUntilServed(site, options)
  }
  if (isServed(met)) {
    const url = hasUrl
      ? await urlOf(met, site, { isBehindProxy: site.isBehindProxy, overTls })
      : undefined
    const warning = whoElseIsServed(met)
    return {
      ...(url === undefined ? {} : { url: `${url}${site.at}` }),
      ...(warning === undefined ? {} : { warning }),
    }
  }
  const blocks = await program.serverBlocks()
  // it may be that it says nothing for a fault in its files
  if (blocks === undefined) await program.test()
  const isOwn = site.domains.length === 0
  const why = whyNotServed({ ...site, met, blocks, isOwn, reload, elsewhere: program.elsewhere })
  if (typeof why !== 'string') throw why
  return { warning: why }
}

async function waitUntilServed(site: AskedSite, { program, signal }: AskOptions): Promise<Met[]> {
  const places = await whereIs(site, program)
  for (;;) {
    const met = await visit(places, site)
    if (isServed(met) || places.length === 0 || program.lastReload() !== 'taken') return met
    await pause(PAUSE_MS, undefined, { signal })
  }
}

async function whereIs(site: AskedSite, program: Program): Promise<readonly Place[]> {
  if (site.domains.length > 0) return site.places
  return placesIn((await program.serverBlocks()) ?? [], site)
}
