import { checkEach, checkFront } from './grammar.ts'
import { servedLocation } from './served.ts'
import { blocksFor } from './server-block.ts'
import type { Front } from './site.ts'
import { HEAD, indent } from './text.ts'
import { everywhere, hstsMap } from './tls.ts'
import { trafficLog, type TrafficLog } from './traffic.ts'
import { trust, visitorsAddress } from './trust.ts'
import { upLocations } from './up.ts'
import { unknownNames, type UnknownNames } from './unknown-names.ts'

/** What Nginx needs to know of the receiver itself. */
export interface ReceiverSite {
  /** Where visitors find it; absent: that is another site's matter. */
  own?: OwnSite
  /** The page under a name of its own; absent: it has none. */
  page?: OwnSite
  unknown: UnknownNames
  /** Absent: the receiver is not told of requests. */
  traffic?: TrafficLog
}

export interface OwnSite extends Front {
  /** Of its `url`: `/`, or what Nginx takes off. */
  path: string
  /** `address:port` at which it listens. */
  upstream: string
  /** `address:port` of the page, if it stands beside the hooks: over TLS alone. */
  page?: string
}

/** As its site says who it is. */
export const RECEIVER = 'deploy-receiver'

/** The file of the receiver itself; nothing when there is nothing to say. */
export function renderReceiver({ own, page, unknown, traffic }: ReceiverSite): string | undefined {
  for (const each of [own, page]) {
    if (each === undefined) continue
    checkFront(each)
    const addresses = [each.upstream, ...(each.page === undefined ? [] : [each.page])]
    checkEach({ location: [each.path], address: addresses })
  }
  const parts = [
    own === undefined ? '' : ownSite(own),
    page === undefined ? '' : pageSite(page),
    unknownNames(unknown),
    traffic === undefined ? '' : trafficLog(traffic),
  ]
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
${servedLocation(RECEIVER)}${upLocations(site.up)}${site.page === undefined || site.tls === undefined ? '' : pageLocation(site, site.page, first)}
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

/** The page alone: what else answers at its address is for this machine. */
function pageSite(site: OwnSite): string {
  const shown =
    site.tls === undefined
      ? () => `${servedLocation(RECEIVER)}
# people sign in on it: never without TLS
location / {
  default_type text/plain;
  return 503 "this page is served over https, as soon as its certificate is there\n";
}
`
      : (first: string) => `client_max_body_size 16k;
${servedLocation(RECEIVER)}${pageLocation(site, site.upstream, first)}
location / {
${indent(first)}  return 302 /page/apps;
}
`
  const blocks = blocksFor(site, { names: site.domains, served: shown })
  return `${hstsMap(site)}${trust(site)}${blocks.join('\n')}`
}

/** What signs somebody in stands in no log. */
function pageLocation(site: OwnSite, upstream: string, first: string): string {
  const passed = `${everywhere(site)}${visitorsAddress(site)}proxy_pass http://${upstream};
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_set_header Host $http_host;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_buffering off; # what changes is sent as it does
proxy_read_timeout 700s; # a stop waits for the grace period of the app
`
  return `
location /page/ {
${indent(`${first}${passed}`)}}
# without a slash at its end: Nginx would answer the form's own address with a redirect to one that has it
location /page/login {
${indent(`${first}access_log off;\n${passed}`)}}
`
}
