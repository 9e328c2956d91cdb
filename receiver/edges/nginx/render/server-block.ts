import { isAtLeast, OLDEST } from '../features.ts'
import { inLocation, inServer } from './app-locations.ts'
import { challenge } from './challenge.ts'
import { servedLocation } from './served.ts'
import type { Site } from './site.ts'
import { indent } from './text.ts'
import { certificateLines, everywhere, tlsListens, toTls } from './tls.ts'
import { saysTls } from './trust.ts'
import { named, OWN_VARIABLE } from './variables.ts'

/**
 * The server blocks of an app with domains. Those that its certificate is for have one over TLS, and another one that sends visitors
 * there; the others, and all of them as long as there is no certificate, have the app over plain HTTP.
 */
export function serverBlock(site: Site): string {
  const { tls, domains } = site
  const secure = tls === undefined ? [] : (tls.domains ?? domains)
  const plain = domains.filter((domain) => !secure.includes(domain))
  return [
    ...(plain.length === 0 ? [] : [block(site, plain, plainListens(site), served(site))]),
    ...(tls === undefined
      ? []
      : [
          block(site, secure, plainListens(site), sentOn(site)),
          block(site, secure, overTls({ ...site, tls }), served(site)),
        ]),
  ].join('\n')
}

const block = (
  site: Site,
  names: readonly string[],
  first: string,
  then: string,
): string => `server {
${indent(`${first}server_name ${names.join(' ')};\n${keptOpen(site)}${everywhere(site)}`)}
${indent(then)}}
`

const overTls = (site: Site & Required<Pick<Site, 'tls'>>): string =>
  `${tlsListens(site)}${certificateLines(site.tls)}`

const plainListens = ({ listen, proxyProtocol }: Site): string =>
  listen
    .map((each) => `listen ${each}${proxyProtocol === true ? ' proxy_protocol' : ''};\n`)
    .join('')

/** For at least so long a reload leaves idle connections open: a request may be on its way on one. */
export const keptOpen = ({ features = OLDEST }: Site): string =>
  isAtLeast(features, '1.27.4') ? 'keepalive_min_timeout 20s;\n' : ''

/** The app itself. */
function served(site: Site, first = ''): string {
  const names = named(site.app, OWN_VARIABLE)
  return `${challenge(site)}${inServer(site, names)}
location / {
${indent(`${first}${inLocation(site, names)}`)}}
${site.include === undefined ? '' : `include ${site.include};\n`}`
}

/**
 * What of plain HTTP stays: what a CA asks, and what we ask ourselves. A proxy that is trusted, and says that its visitor came over
 * TLS, would only be sent round in a circle: it gets the app.
 */
function sentOn(site: Site): string {
  const unless = saysTls(site)
  if (unless !== undefined)
    return served(site, `${unless.set}if (${unless.not}) { ${toTls(site).trim()} }\n`)
  return `${challenge(site)}${servedLocation(site.app)}
location / {
  ${toTls(site)}}
`
}
