import type { Slot } from '../../core/ports.ts'
import type { Flags } from '../slots.ts'

/** What Nginx needs to know of an app. */
export interface Site {
  app: string
  /** `server_name`s; none: the user has a site of their own and includes the snippet. */
  domains: readonly string[]
  /** `listen` of the server block. */
  listen: readonly string[]
  /** `address:port` of each slot. */
  upstreams: Readonly<Record<Slot, string>>
  flags: Flags
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
    `upstream ${app}_${slot} { server ${at[slot]}; keepalive 64; keepalive_timeout 5s; }\n`
  const connection = `map $http_upgrade $${variable(app)}_connection { default upgrade; "" ""; }\n`
  return `${HEAD}${one('blue')}${one('green')}${connection}`
}

function server(site: Site): string {
  const name = variable(site.app)
  return `server {
${site.listen.map((listen) => `  listen ${listen};\n`).join('')}  server_name ${site.domains.join(' ')};
  client_max_body_size 100m;

${indent(choose(site))}
  location / {
    proxy_pass http://$${name};
    error_page 502 504 = @${name}_moved;
${indent(indent(proxying(name)))}  }
}
`
}

/** The choice of the slot, for each request anew; goes into a server block. */
function choose({ app, flags }: Site): string {
  const name = variable(app)
  return `${HEAD}open_file_cache off; # a cached "no such file" would delay the swap
set $${name} ${app}_blue;
if (-f ${flags.green}) { set $${name} ${app}_green; }

# nothing is live before the first deployment
if (!-f ${flags.ready}) { return 503; }
error_page 503 @${name}_absent;
location @${name}_absent {
  internal;
  default_type text/html;
  add_header Retry-After 5 always;
  add_header Cache-Control no-store always;
  return 503 "<!doctype html><title>Not there yet</title><p>${app} has not been deployed yet. Please try again in a moment.</p>\\n";
}

# A slow upload that began before a swap connects to its slot only when all of its body is here, and that slot may be
# gone by then. If no connection was made and the live slot is another one now, the request goes there.
location @${name}_moved {
  internal;
  set $${name}_before $${name};
  set $${name} ${app}_blue;
  if (-f ${flags.green}) { set $${name} ${app}_green; }
  set $${name}_again "$${name}_before $${name} $upstream_connect_time";
  if ($${name}_again !~ "^(\\S+) (?!\\1 )\\S+ -$") { return 502; }
  proxy_pass http://$${name};
${indent(proxying(name))}}
`
}

/** Settings of both places that pass a request on. */
const proxying = (name: string) => `proxy_http_version 1.1;
proxy_set_header Connection $${name}_connection;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_buffering off; # events and streams pass as they come
proxy_connect_timeout 5s;
proxy_read_timeout 1h;
proxy_send_timeout 1h;
`

/** Labels have no underscore, so no two apps get the same variable. */
const variable = (app: string) => `deploy_${app.replaceAll('-', '_')}`

const indent = (text: string) => text.replace(/^(?=.)/gm, '  ')

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const GRAMMAR = {
  app: new RegExp(`^${LABEL}$`),
  domain: new RegExp(String.raw`^(?:\*\.)?${LABEL}(?:\.${LABEL})*$`),
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
    ['upstream', at.blue],
    ['upstream', at.green],
    ['path', flags.green],
    ['path', flags.ready],
  ]
  for (const [kind, value] of values) {
    if (GRAMMAR[kind].test(value)) continue
    throw new Error(`${JSON.stringify(value)} cannot stand in an Nginx file as ${kind}`)
  }
}
