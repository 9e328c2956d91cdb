import { checkEach, checkFront } from './grammar.ts'
import { servedLocation } from './served.ts'
import { blocksFor } from './server-block.ts'
import type { Front } from './site.ts'
import { HEAD, indent } from './text.ts'
import { everywhere, hstsMap } from './tls.ts'
import { trust, visitorsAddress } from './trust.ts'
import { unknownNames, type UnknownNames } from './unknown-names.ts'

/** What Nginx needs to know of the receiver itself. */
export interface ReceiverSite {
  /** Where visitors find it; absent: that is another site's matter. */
  own?: OwnSite
  unknown: UnknownNames
}

export interface OwnSite extends Front {
  /** Of its `url`: `/`, or what Nginx takes off. */
  path: string
  /** `address:port` at which it listens. */
  upstream: string
}

/** As its site says who it is. */
export const RECEIVER = 'deploy-receiver'

/** The file of the receiver itself; nothing when there is nothing to say. */
export function renderReceiver({ own, unknown }: ReceiverSite): string | undefined {
  if (own !== undefined) {
    checkFront(own)
    checkEach({ location: [own.path], address: [own.upstream] })
  }
  const parts = [own === undefined ? '' : ownSite(own), unknownNames(unknown)]
  if (parts.join('') === '') return undefined
  return [HEAD, ...parts].filter((text) => text !== '').join('\n')
}

const ownSite = (site: OwnSite): string =>
  `${hstsMap(site)}${trust(site)}${blocksFor(site, {
    names: site.domains,
    served: (first) => served(site, first),
  }).join('\n')}`

/** No body of a hook is larger, and no client needs longer for one. `Prefer: wait` holds an answer for up to 600 s. */
const served = (site: OwnSite, first: string): string => `client_max_body_size 64k;
client_header_timeout 5s;
client_body_timeout 15s;
${servedLocation(RECEIVER)}
location ${site.path === '/' ? '/' : `${site.path}/`} {
${indent(`${first}${passOn(site)}`)}}
${site.path === '/' ? '' : `location / {\n${indent(first)}  return 404;\n}\n`}`

const passOn = (
  site: OwnSite,
): string => `${everywhere(site)}${visitorsAddress(site)}proxy_pass http://${site.upstream}${site.path === '/' ? '' : '/'};
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_set_header Host $host;
proxy_set_header X-Forwarded-For $remote_addr; # the sender alone: limits and the audit trail go by it
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Request-Id $request_id; # in the receiver's log and in what it answers
proxy_buffering off; # events are sent as they happen
proxy_read_timeout 700s; # an answer that is waited for
`
