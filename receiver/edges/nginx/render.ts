import { createHash } from 'node:crypto'
import { DOMAIN, isAppName } from '../../core/dns-name.ts'
import type { Slot } from '../../core/slots/ports.ts'
import type { Flags } from '../slots.ts'

/** What Nginx needs to know of an app. */
export interface Site {
  app: string
  /** `server_name`s; none: the user has a site of their own and includes the snippet. */
  domains: readonly string[]
  /** `listen` of the server block. */
  listen: readonly string[]
  /** `address:port` of each replica of a slot. */
  upstreams: Readonly<Record<Slot, readonly string[]>>
  flags: Flags
  /** Whether there are times at which nobody serves, while one version takes the other's place. */
  pauses: boolean
}

/**
 * An app's file for `conf.d`, and the snippet that a site of the user's own includes. Everything that gets in is checked
 * against a strict grammar first: `nginx -t` says nothing against a value that closes a block and opens another.
 */
export function render(site: Site): { conf: string; snippet: string } {
  check(site)
  return {
    conf: site.domains.length === 0 ? upstreams(site) : `${upstreams(site)}\n${server(site)}`,
    snippet: choose(site),
  }
}

const HEAD = '# Written by deploy-receiver, and written again when its config changes.\n'

function upstreams({ app, upstreams: at }: Site): string {
  const one = (slot: Slot) =>
    `upstream ${app}_${slot} { ${servers(at[slot])} keepalive 64; keepalive_timeout 5s; }\n`
  // Only WebSockets: many HTTP clients offer h2c with each request, and an app that has WebSockets answers 400 to it.
  const connection = `map $http_upgrade $ws_${variable(app)} { default ""; websocket upgrade; }\n`
  return `${HEAD}${one('blue')}${one('green')}${connection}`
}

/** A replica that does not answer is passed over, but not for long: it may be back at once. */
const servers = (addresses: readonly string[]): string =>
  addresses.length === 1
    ? `server ${addresses.join('')};`
    : addresses.map((address) => `server ${address} fail_timeout=3s;`).join(' ')

function server(site: Site): string {
  const name = variable(site.app)
  return `server {
${site.listen.map((listen) => `  listen ${listen};\n`).join('')}  server_name ${site.domains.join(' ')};
  client_max_body_size 100m; # a body is kept on this disk until all of it is here

${indent(choose(site))}
  location / {
    proxy_pass http://$${name};
    error_page 502 504 = @${name}_moved;
${indent(indent(proxying(name)))}  }
}
`
}

/** The choice of the slot, for each request anew; goes into a server block. */
function choose({ app, flags, pauses }: Site): string {
  const name = variable(app)
  return `${HEAD}# In a site of your own:
#   location / {
#     proxy_pass http://$${name};
#     error_page 502 504 = @${name}_moved;
#     proxy_http_version 1.1;
#     proxy_set_header Connection $ws_${name};
#     proxy_set_header Upgrade $http_upgrade;
#   }
open_file_cache off; # a cached "no such file" would delay the swap
set $${name} ${app}_blue;
if (-f ${flags.green}) { set $${name} ${app}_green; }

# nothing is live before the first deployment
if (!-f ${flags.ready}) { return 503; }
${pauses ? `# nor while one version takes the other's place\nif (-f ${flags.paused}) { return 503; }\n` : ''}error_page 503 @${name}_absent;
location @${name}_absent {
  internal;
  default_type text/html;
  add_header Retry-After 5 always;
  add_header Cache-Control no-store always;
  return 503 "<!doctype html><title>Just a moment</title><p>${app} is being deployed. Please try again in a moment.</p>\\n";
}

# A slow upload that began before a swap connects to its slot only when all of its body is here, and that slot may be
# gone by then. If no connection was made and the live slot is another one now, the request goes there. Otherwise the
# answer stays what it was.
location @${name}_moved {
  internal;
  set $was_${name} $${name};
  set $${name} ${app}_blue;
  if (-f ${flags.green}) { set $${name} ${app}_green; }
  set $why_${name} "$was_${name} $${name} $upstream_connect_time";
  if ($why_${name} !~ "^(\\S+) (?!\\1 )\\S+ -(, -)*$") { set $why_${name} "stays $upstream_status"; }
  if ($why_${name} ~ "^stays .*504$") { return 504; }
  if ($why_${name} ~ "^stays ") { return 502; }
  proxy_pass http://$${name};
${indent(proxying(name))}}
`
}

/**
 * Settings of both places that pass a request on. Those that equal Nginx's defaults stand here because all rests on them
 * and a line in nginx.conf could change them.
 */
const proxying = (name: string) => `proxy_http_version 1.1;
proxy_set_header Connection $ws_${name};
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_request_buffering on; # a body can be sent again
proxy_next_upstream error timeout; # no POST that an app may have seen is sent again
proxy_intercept_errors off; # the app's own errors pass
proxy_buffering off; # events and streams pass as they come
proxy_buffer_size 16k; # for large cookies, and for large downloads without buffering
proxy_buffers 8 16k;
proxy_busy_buffers_size 32k;
proxy_connect_timeout 5s; # longer than the kernel takes to find that nobody has an address, about 3 s
proxy_read_timeout 1h; # WebSockets and events may be silent
proxy_send_timeout 1h;
`

/** Nginx's hash of variables takes names up to 46 characters by default, and a helper's prefix has up to 4 of them. */
const LONGEST_VARIABLE = 42

/**
 * The app's variable. No two apps get the same: labels have no underscore, and none begins with a dash, as a shortened
 * name would. The variables that only help have a prefix, so that `api` and an app `api-was` do not meet.
 */
function variable(app: string): string {
  const name = `deploy_${app.replaceAll('-', '_')}`
  if (name.length <= LONGEST_VARIABLE) return name
  return `deploy__${createHash('sha256').update(app).digest('hex').slice(0, 16)}`
}

const indent = (text: string) => text.replace(/^(?=.)/gm, '  ')

const GRAMMAR = {
  app: { test: isAppName },
  domain: DOMAIN,
  listen:
    /^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]|\*):)?\d{1,5}(?: (?:default_server|ipv6only=on|ipv6only=off))*$/,
  upstream: /^\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}$/,
  path: /^\/[A-Za-z0-9._/-]+$/,
} as const

function check({ app, domains, listen, upstreams: at, flags }: Site): void {
  const values: [keyof typeof GRAMMAR, string][] = [
    ['app', app],
    ...domains.map((domain): ['domain', string] => ['domain', domain]),
    ...listen.map((each): ['listen', string] => ['listen', each]),
    ...[...at.blue, ...at.green].map((each): ['upstream', string] => ['upstream', each]),
    ['path', flags.green],
    ['path', flags.ready],
    ['path', flags.paused],
  ]
  for (const [kind, value] of values) {
    if (GRAMMAR[kind].test(value)) continue
    throw new Error(`${JSON.stringify(value)} cannot stand in an Nginx file as ${kind}`)
  }
}
