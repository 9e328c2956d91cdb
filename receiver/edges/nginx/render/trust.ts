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
type Told = (typeof TOLD_HEADERS)[number] | typeof PROTO

/** Says outside of server blocks which proxies are trusted. */
export function trust(proxies: readonly string[]): string {
  if (proxies.length === 0) return ''
  const networks = proxies.map((each) => `${each} 1;`).join(' ')
  return `geo $realip_remote_addr $${variable(proxies, 'trusts')} { ${networks} }\n`
}

/**
 * Headers that say who the visitor is and what he asked for: as a trusted proxy says it, else as Nginx itself sees it. The
 * visitor's address is the last one that no trusted proxy has.
 */
export function told(proxies: readonly string[]): string {
  const value = (header: Told) => {
    if (proxies.length > 0) return `$${variable(proxies, header)}`
    return header === PROTO ? '$scheme' : '""'
  }
  return `${believe(proxies)}proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $remote_addr; # the visitor alone: what he says himself is not believed
proxy_set_header ${PROTO} ${value(PROTO)};
${TOLD_HEADERS.map((header) => `proxy_set_header ${header} ${value(header)};\n`).join('')}`
}

/** By `set`, not by a `map` for each header: a hundred apps with so many of them take Nginx half a minute to read. */
function believe(proxies: readonly string[]): string {
  if (proxies.length === 0) return ''
  const trusts = `$${variable(proxies, 'trusts')}`
  const each = (line: (header: Told) => string) => TOLD_HEADERS.map(line).join('')
  return `${proxies.map((network) => `set_real_ip_from ${network};\n`).join('')}real_ip_header X-Forwarded-For;
real_ip_recursive on;
set $${variable(proxies, PROTO)} $scheme;
set $receiver_said "${trusts} ${saidIn(PROTO)}";
if ($receiver_said ~ "^1 .") { set $${variable(proxies, PROTO)} ${saidIn(PROTO)}; }
${each((header) => `set $${variable(proxies, header)} "";\n`)}if (${trusts}) {
${each((header) => `  set $${variable(proxies, header)} ${saidIn(header)};\n`)}}
`
}

/** The same proxies have the same variables, however many apps there are. */
function variable(proxies: readonly string[], name: Told | 'trusts'): string {
  return `receiver_${inVariable(name).replace(/^x_/, '')}_${shortHash(proxies.join(' ')).slice(0, 8)}`
}

const saidIn = (header: Told) => `$http_${inVariable(header)}`
const inVariable = (header: string) => header.toLowerCase().replaceAll('-', '_')
