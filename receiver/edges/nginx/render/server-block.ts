import { isAtLeast, OLDEST } from '../features.ts'
import { inLocation, inServer } from './app-locations.ts'
import { challenge } from './challenge.ts'
import { calledIn, findPreview, serverNames } from './preview.ts'
import { redirect } from './redirect.ts'
import { inOneFile } from './listen.ts'
import { servedLocation } from './served.ts'
import { type Block, type Front, isSecure, type Place, type Site } from './site.ts'
import { indent } from './text.ts'
import { certificateLines, everywhere, tlsListens, toTls } from './tls.ts'
import { saysTls } from './trust.ts'
import { upLocations } from './up.ts'
import { named, OWN_VARIABLE } from './variables.ts'

/** Names that are served alike. */
interface Group {
  names: readonly string[]
  /** What serves them, after lines that stand first in each location. */
  served(first: string): string
}

/**
 * The server blocks of an app with domains. Those that its certificate is for have one over TLS, and another one that sends visitors
 * there; the others, and all of them as long as there is no certificate, have the app over plain HTTP.
 */
export function serverBlocks(site: Site): string {
  const { headers: _headers, ...front } = site
  // what an app's own answers bear is none of those that are there with it
  const blocks = site.blocks?.flatMap((each) => blocksFor(front, shared(site, each)))
  return inOneFile([...(blocks ?? blocksFor(site, alone(site))), ...leading(site)]).join('\n')
}

/** One over plain HTTP, one over TLS, or both, as the certificate is. */
export function blocksFor(site: Front, { names, served }: Group): string[] {
  const { tls } = site
  const secure = names.filter((name) => isSecure(site, name))
  const plain = names.filter((name) => !isSecure(site, name))
  const all = `${challenge(site)}${served('')}`
  return [
    ...(plain.length === 0 ? [] : [block(site, plain, plainListens(site), all)]),
    ...(tls === undefined || secure.length === 0
      ? []
      : [
          block(site, secure, plainListens(site), sentOn(site, served)),
          block(site, secure, overTls({ ...site, tls }), all),
        ]),
  ]
}

const block = (
  site: Front,
  names: readonly string[],
  first: string,
  then: string,
): string => `server {
${indent(`${first}server_name ${serverNames(site, names)};\n${keptOpen(site)}${everywhere(site)}${findPreview(site)}`)}
${indent(then)}}
`

const overTls = (site: Front & Required<Pick<Site, 'tls'>>): string =>
  `${tlsListens(site)}${certificateLines(site.tls)}`

const plainListens = ({ listen, proxyProtocol }: Front): string =>
  listen
    .map((each) => `listen ${each}${proxyProtocol === true ? ' proxy_protocol' : ''};\n`)
    .join('')

/** For at least so long a reload leaves idle connections open: a request may be on its way on one. */
export const keptOpen = ({ features = OLDEST }: Front): string =>
  isAtLeast(features, '1.27.4') ? 'keepalive_min_timeout 20s;\n' : ''

/** The app at all paths. */
const alone = (site: Site): Group => ({
  names: site.domains,
  served: (first) => {
    const names = named(site.app, OWN_VARIABLE)
    return `${inServer(site, names)}${upLocations(site.up)}
location / {
${indent(`${first}${inLocation(site, names)}`)}}
${included(site)}`
  },
})

/** Apps at paths: each by its snippets, so that what changes of one touches its own files alone. */
const shared = (site: Site, { domains, places }: Block): Group => ({
  names: domains,
  served(first) {
    const snippets = new Set(places.map(({ snippet }) => snippet))
    const hasRoot = places.some(({ path }) => path === '/')
    return `${[...snippets].map((snippet) => `include ${snippet}.slot;\n`).join('')}${upLocations(site.up)}
${places.map((place) => location(place, first)).join('')}${hasRoot ? '' : `location / {\n${indent(first)}  return 404;\n}\n`}${included(site)}`
  },
})

const included = ({ include }: Site) => (include === undefined ? '' : `include ${include};\n`)

/** `/api` and what is below it, and not `/apix`. */
function location({ path, snippet }: Place, first: string): string {
  const at = (where: string) =>
    `location ${where} {\n${indent(`${first}include ${snippet}.proxy;\n`)}}\n`
  return path === '/' ? at('/') : `${at(`= ${path}`)}${at(`${path}/`)}`
}

/**
 * What of plain HTTP stays: what a CA asks, and what we ask ourselves. A proxy that is trusted, and says that its visitor came over
 * TLS, would only be sent round in a circle: it gets the app.
 */
function sentOn(site: Front, served: Group['served']): string {
  const unless = saysTls(site)
  if (unless !== undefined) {
    const first = `${unless.set}if (${unless.not}) { ${toTls(site).trim()} }\n`
    return `${challenge(site)}${served(first)}`
  }
  return `${challenge(site)}${servedLocation(calledIn(site))}${upLocations(site.up)}
location / {
  ${toTls(site)}}
`
}

/** Names that lead to the app's first domain, in one step from wherever a visitor comes in. */
function leading(site: Site): string[] {
  const { redirectFrom, tls } = site
  if (redirectFrom === undefined) return []
  const secure = redirectFrom.filter((name) => isSecure(site, name))
  const lead = (
    isOverTls: boolean,
  ) => `${challenge(site)}${servedLocation(site.app)}${upLocations(site.up)}
location / {
${indent(redirect(site, isOverTls))}}
`
  return [
    block(site, redirectFrom, plainListens(site), lead(false)),
    ...(tls === undefined || secure.length === 0
      ? []
      : [block(site, secure, overTls({ ...site, tls }), lead(true))]),
  ]
}
