import type { Site } from './site.ts'
import { PREFIX_VARIABLE } from './strip-prefix.ts'
import { shortHash } from './variables.ts'

/**
 * Headers by which a proxy says what the visitor asked it for, and who he is. From anybody else they are removed: apps make
 * links, redirects and keys of caches of them, choose routes by them, or let somebody in. `X-Forwarded-For` and
 * `X-Forwarded-Proto` are always set.
 */
export const TOLD_HEADERS = [
  'Forwarded',
  'X-Forwarded-Client-Cert',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Host',
  'X-Forwarded-Path',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Protocol',
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Ssl',
  'X-Forwarded-Uri',
  'X-Forwarded-User',
  'X-Original-Host',
  'X-Original-URL',
  'X-Rewrite-URL',
] as const
const PROTO = 'X-Forwarded-Proto'
const PREFIX = 'X-Forwarded-Prefix'
type Told = (typeof TOLD_HEADERS)[number] | typeof PROTO
type Trusting = Pick<Site, 'trustedProxies' | 'proxyProtocol'>

/**
 * Proxies that say in headers what a visitor asked for. One that speaks the PROXY protocol sees no headers: those are the visitor's
 * own words.
 */
const tellingOf = ({ trustedProxies, proxyProtocol }: Trusting): readonly string[] =>
  proxyProtocol === true ? [] : trustedProxies

/** Says outside of server blocks which proxies are trusted. */
export function trust(site: Trusting): string {
  const proxies = tellingOf(site)
  if (proxies.length === 0) return ''
  const networks = proxies.map((each) => `${each} 1;`).join(' ')
  return `geo $realip_remote_addr $${variable(proxies, 'trusts')} { ${networks} }\n`
}

/**
 * Headers that say who the visitor is and what he asked for: as a trusted proxy says it, else as Nginx itself sees it. The
 * visitor's address is the last one that no trusted proxy has.
 */
export function told(site: Trusting & Pick<Site, 'strips'>): string {
  const { strips } = site
  const proxies = tellingOf(site)
  const value = (header: Told) => {
    const said = proxies.length > 0 ? `$${variable(proxies, header)}` : ''
    // ours can be believed; what a proxy in front took off was before it
    if (header === PREFIX && strips !== undefined) return `${said}${PREFIX_VARIABLE}`
    return said || (header === PROTO ? '$scheme' : '""')
  }
  return `${visitorsAddress(site)}proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $remote_addr; # the visitor alone: what he says himself is not believed
proxy_set_header ${PROTO} ${value(PROTO)};
${TOLD_HEADERS.map((header) => `proxy_set_header ${header} ${value(header)};\n`).join('')}`
}

/**
 * Whether a proxy that is trusted says that its visitor came over TLS: what finds it out, and the condition by which he did not.
 * `undefined` when there is none that says such a thing.
 */
export function saysTls(site: Trusting): { set: string; not: string } | undefined {
  const proxies = tellingOf(site)
  if (proxies.length === 0) return undefined
  const set = `set $receiver_said "$${variable(proxies, 'trusts')} ${saidIn(PROTO)}";\n`
  return { set, not: '$receiver_said != "1 https"' }
}

/** Takes the visitor's address from whom it is told by. */
export const visitorsAddress = ({ trustedProxies, proxyProtocol }: Trusting): string =>
  trustedProxies.length === 0
    ? ''
    : `${trustedProxies.map((network) => `set_real_ip_from ${network};\n`).join('')}real_ip_header ${proxyProtocol === true ? 'proxy_protocol' : 'X-Forwarded-For'};
real_ip_recursive on;
`

/**
 * What `told` tells, before anything ends the lines that Nginx goes through. By `set`, not by a `map` for each header: a hundred apps with so
 * many of them take Nginx half a minute to read.
 */
export function believe(site: Trusting): string {
  const proxies = tellingOf(site)
  if (proxies.length === 0) return ''
  const trusts = `$${variable(proxies, 'trusts')}`
  const each = (line: (header: Told) => string) => TOLD_HEADERS.map(line).join('')
  return `set $${variable(proxies, PROTO)} $scheme;
set $receiver_said "${trusts} ${saidIn(PROTO)}";
if ($receiver_said ~ "^1 .") { set $${variable(proxies, PROTO)} ${saidIn(PROTO)}; }
${each((header) => `set $${variable(proxies, header)} "";\n`)}if (${trusts}) {
${each((header) => `  set $${variable(proxies, header)} ${saidIn(header)};\n`)}}
`
}

/** By what a visitor came: as a trusted proxy says it, else as Nginx itself sees it. */
export function visitorScheme(site: Trusting): { lines: string; scheme: string } {
  const unless = saysTls(site)
  if (unless === undefined) return { lines: '', scheme: '$scheme' }
  const set = `set $receiver_scheme https;\nif (${unless.not}) { set $receiver_scheme $scheme; }\n`
  return { lines: `${unless.set}${set}`, scheme: '$receiver_scheme' }
}

/** The same proxies have the same variables, however many apps there are. */
function variable(proxies: readonly string[], name: Told | 'trusts'): string {
  return `receiver_${inVariable(name).replace(/^x_/, '')}_${shortHash(proxies.join(' ')).slice(0, 8)}`
}

const saidIn = (header: Told) => `$http_${inVariable(header)}`
export const inVariable = (header: string) => header.toLowerCase().replaceAll('-', '_')
