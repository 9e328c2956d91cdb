import { checkGrammar } from './grammar.ts'
import { dollar } from './headers.ts'
import { rateZone } from './rate-limit.ts'
import { inLocation, inServer } from './app-locations.ts'
import { internalBlock } from './internal-block.ts'
import { serverBlocks } from './server-block.ts'
import type { Site } from './site.ts'
import { choose } from './slot.ts'
import { HEAD } from './text.ts'
import { hstsMap } from './tls.ts'
import { trust } from './trust.ts'
import { upOfApp } from './up.ts'
import { named } from './variables.ts'

/** The texts of an app's files. */
export interface Rendered {
  /** For `conf.d`: what stands outside of server blocks, and with domains a server block. */
  conf: string
  /** What a server block of the user's own includes. */
  slot: string
  /** What a location in it includes. */
  proxy: string
}

/**
 * An app's file for `conf.d`, and the two snippets that a site of the user's own includes: the rendered server block is made of
 * the same texts. Everything that gets in is checked against a strict grammar first: `nginx -t` says nothing against a value
 * that closes a block and opens another.
 */
export function render(site: Site): Rendered {
  checkGrammar(site)
  return {
    conf: [
      shared(site),
      site.domains.length === 0 ? '' : `\n${serverBlocks(site)}`,
      internalBlock(site),
    ].join(''),
    slot: slotSnippet(site),
    proxy: proxySnippet(site),
  }
}

/** The text of the file that all previews of an app share: it names none of them. */
export function renderPreviews(site: Site): string {
  checkGrammar(site)
  return `${HEAD}${references(site)}\n${serverBlocks(site)}`
}

function shared(site: Site): string {
  const { app, upstreams, published } = site
  const one = (name: string, addresses: readonly string[]) =>
    // shorter than servers keep idle connections: no request may meet one that is closing
    `upstream ${app}_${name} { ${servers(addresses)} keepalive 64; keepalive_timeout 1s; }\n`
  const all =
    published === undefined
      ? `${one('blue', upstreams.blue)}${one('green', upstreams.green)}`
      : one('service', published)
  return `${HEAD}${all}${references(site)}`
}

/** What server blocks refer to. All apps have the same `map`, which Nginx takes any number of times. */
function references(site: Site): string {
  // Only WebSockets: many HTTP clients offer h2c with each request, and an app that has WebSockets answers 400 to it.
  const connection = `map $http_upgrade $receiver_connection { default ""; websocket upgrade; }\n`
  return `${connection}${trust(site)}${hstsMap(site)}${rateZone(site)}${dollar(site)}`
}

/** A replica that does not answer is passed over, but not for long: it may be back at once. */
const servers = (addresses: readonly string[]): string =>
  addresses.length === 1
    ? `server ${addresses.join('')};`
    : addresses.map((address) => `server ${address} fail_timeout=3s;`).join(' ')

function slotSnippet(site: Site): string {
  const names = named(site.app)
  return `${HEAD}# For the server block of a site of your own. What passes requests on is in ${site.app}.proxy:
#   include deploy-receiver.d/${site.app}.slot;
#   location / { include deploy-receiver.d/${site.app}.proxy; }
${inServer(site, names)}${upOfApp(site.up, site.app)}
# For sites written for an older version, which pass requests on with lines of their own
${choose(site, names)}set $ws_${names.variable} $receiver_connection;
`
}

/** Lines of the user's own may follow, and Nginx is to come to them. */
const proxySnippet = ({ straight: _straight, ...site }: Site) =>
  `${HEAD}# For a location of a site of your own, whose server block includes ${site.app}.slot
${inLocation(site, named(site.app))}`
