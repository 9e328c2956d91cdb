import { defined } from '../../../core/defined.ts'
import { internalName } from '../../../core/internal-name.ts'
import { isAtLeast, OLDEST } from '../features.ts'
import { besideLocation, inLocation } from './app-locations.ts'
import { asksForInternal, internalLocation } from './served.ts'
import { withoutOptions } from './listen.ts'
import { keptOpen } from './server-block.ts'
import type { Site } from './site.ts'
import { indent } from './text.ts'
import { named, OWN_VARIABLE, shortHash } from './variables.ts'

/**
 * The server block by which other containers come to the app: to the live slot, with the promises of the site. Who does not come from
 * their network gets what names get that nobody has; but whoever knows the one path that only this text has is told whose it is: Docker
 * makes this machine look like somebody else (MASQUERADE) when it asks at its own address on their network. It listens where the sites do and not at the bridge's own address, which is not
 * there yet when the machine starts: Nginx would not.
 */
export function internalBlock(site: Site): string {
  const { app, containers = '', domains, listen, proxyProtocol, features = OLDEST } = site
  const name = internalName(app)
  // a domain of its own by that name is served to everybody, and no container speaks the PROXY protocol
  if (containers === '' || domains.includes(name) || proxyProtocol === true) return ''
  const isGrpc = site.protocol === 'grpc'
  // containers call each other without TLS, and before that version one address had HTTP/2 without it or HTTP/1.1, for all its sites
  if (isGrpc && !isAtLeast(features, '1.25.1')) return ''
  const names = named(app, OWN_VARIABLE)
  const inner = forContainers(site)
  // as short as it is, two of them fit where Nginx keeps variables; one for each network, as another receiver has another one
  const fromThere = `$receiver_${shortHash(containers).slice(0, 5)}`
  // without that module nobody is taken for somebody else
  const from = features.modules.has('http_realip') ? '$realip_remote_addr' : '$remote_addr'
  return `
# For other containers alone: http://${name}
geo ${from} ${fromThere} { ${containers} 1; }
server {
${sockets(listen)
  .map((each) => `  listen ${each};\n`)
  .join('')}  server_name ${serverName(name)};
${isGrpc ? '  http2 on;\n' : ''}${indent(keptOpen(site))}  set $receiver_comes ${fromThere};
  if (${asksForInternal}) { set $receiver_comes 1; }
  if ($receiver_comes = "") { return 444; }

${indent(`${internalLocation(app)}
${besideLocation(inner, names)}`)}
  location / {
${indent(indent(inLocation(inner, names)))}  }
}
`
}

/**
 * The site as containers have it. What keeps visitors out, or sends them elsewhere, is not for them, and who is at work on an app needs the
 * others also while visitors are asked to wait: so each key that is to hold here, too, is named.
 */
const forContainers = ({
  app,
  listen,
  upstreams,
  published,
  flags,
  straight,
  heard,
  pauses,
  trustedProxies,
  protocol,
  maxBody,
  timeoutMs,
  features,
}: Site): Site => ({
  app,
  domains: [],
  listen,
  upstreams,
  flags,
  pauses,
  trustedProxies,
  ...defined({ published, straight, heard, protocol, maxBody, timeoutMs, features }),
})

/** An option of a socket may be said once, and only one site is the default: those are the visitors'. */
const sockets = (listen: readonly string[]): string[] => [...new Set(listen.map(withoutOptions))]

/**
 * As a pattern: Nginx's table of names has little room by default, none for the longest of ours (`server_names_hash_bucket_size`), and it
 * warns when they are many. Patterns stand beside it, and are looked at only for names that are not in it.
 */
const serverName = (name: string): string => `"~^${name.replaceAll('.', '\\.')}$"`

/** Whether a name of `server_name` is the pattern of an app among containers, which no visitor's name has. */
export const isOfInternal = (name: string): boolean => name.endsWith(String.raw`\.internal$`)
