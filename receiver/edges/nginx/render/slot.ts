import { hasPage, sendTo } from './error-pages.ts'
import { calledIn, findPlace, placeOf } from './preview.ts'
import { type Names, OWN_VARIABLE } from './variables.ts'
import { maintenancePage } from './maintenance.ts'
import { passOn } from './pass-on.ts'
import type { Site } from './site.ts'
import { PATH_VARIABLE } from './strip-prefix.ts'
import { indent } from './text.ts'
import { everywhere } from './tls.ts'
import { believe } from './trust.ts'

/** Chooses the live slot, for each request anew; what its orchestrator publishes is at one place. */
export const choose = (
  site: Pick<Site, 'app' | 'flags' | 'published' | 'previews'>,
  { variable }: Names,
): string => {
  const app = calledIn(site)
  return site.published === undefined
    ? `set $${variable} ${app}_blue;
if (-f ${site.flags.green}) { set $${variable} ${app}_green; }
`
    : `set $${variable} ${app}_service;
`
}

/**
 * The way of nearly each request: one look, or two, where there is nothing to know but the live slot. Of what stands in the location below it
 * Nginx does nothing that chooses or turns away. A path that is taken off is among that.
 */
export function straightOn({ app, straight, published, protocol, strips }: Site): string {
  if (straight === undefined || strips !== undefined) return ''
  const pass = protocol === 'grpc' ? 'grpc_pass grpc' : 'proxy_pass http'
  const ways = Object.entries(published === undefined ? straight : { service: straight.blue })
  const lines = ways.map(([slot, flag]) => {
    const upstream = `${app}_${slot}`
    return `if (-f ${flag}) { set $${OWN_VARIABLE} ${upstream}; ${pass}://${upstream}; break; }\n`
  })
  return `# where one of these is there, no line below chooses or turns away\n${lines.join('')}`
}

/** The same for Nginx's log, which knows one variable for all. */
export const tellSlot = ({ variable }: Names): string =>
  variable === OWN_VARIABLE ? '' : `set $${OWN_VARIABLE} $${variable};\n`

/** To the slot that was chosen. */
export const passTo = (site: Site, names: Names): string =>
  `${findPlace(site, names)}proxy_pass http://${placeOf(site, names)}${site.strips === undefined ? '' : PATH_VARIABLE};\n`

/** Asks visitors to wait. */
export const absent = (site: Site, names: Names): string => `location ${names.absent} {
  internal;
  default_type text/html;
${indent(`${maintenancePage(site)}${wait(site)}`)}}
`

const wait = (site: Site, says = ` "${waiting(site)}"`) =>
  `add_header Retry-After 5 always;
add_header Cache-Control no-store always;
${everywhere(site, ['retry-after', 'cache-control'])}return 503${says};
`

const waiting = (site: Site) =>
  `<!doctype html><title>Just a moment</title><p>${calledIn(site)} is being deployed. Please try again in a moment.</p>\\n`

/**
 * A slow upload that began before a swap connects to its slot only when all of its body is here, and that slot may be gone by
 * then. If no connection was made and the live slot is another one now, the request goes there. Otherwise the answer stays
 * what it was.
 */
export function moved(site: Site, names: Names): string {
  const { flags, pauses } = site
  const { variable } = names
  const paused = pauses
    ? `  if (-f ${flags.paused}) { set $receiver_why "waits $upstream_connect_time"; }\n`
    : ''
  return `# A request whose slot could not be connected to goes to the one that is live now, if that is another one.
location ${names.moved} {
  internal;
  default_type text/html;
  open_file_cache off;
${indent(sendTo(site))}  set $receiver_was $${variable};
${indent(`${choose(site, names)}${tellSlot(names)}`)}  set $receiver_why "$receiver_was $${variable} $upstream_connect_time";
${paused}  if (!-f ${flags.ready}) { set $receiver_why "waits -"; }
  if ($receiver_why ~ "^waits -(, -)*$") {
${indent(indent(hasPage(site, '503') ? wait(site, '') : wait(site)))}  }
  if ($receiver_why !~ "^(\\S+) (?!\\1 )\\S+ -(, -)*$") { set $receiver_why "stays $upstream_status"; }
  if ($receiver_why ~ "^stays .*504$") { return 504; }
  if ($receiver_why ~ "^stays ") { return 502; }
${indent(`${everywhere(site)}${believe(site)}${passTo(site, names)}${passOn(site)}`)}}
`
}
