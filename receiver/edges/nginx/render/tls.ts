import { withoutOptions } from './listen.ts'
import { isAtLeast, OLDEST } from '../features.ts'
import { ownHeaders } from './headers.ts'
import type { Front, Site } from './site.ts'
import { inVariable } from './trust.ts'
import { shortHash } from './variables.ts'

/**
 * Mozilla's "intermediate" (guidelines 5.7): every client of the last ten years, forward secrecy and authenticated encryption for
 * all. Ciphers with DHE are left out: Nginx has none without a file of parameters, and who needs one knows ECDHE by now.
 */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/**
 * What holds for every server block with TLS, whatever a line of nginx.conf says. Sessions are kept by Nginx and not by tickets:
 * their keys would be those of the last restart. CAs give no more OCSP answers that could be stapled.
 */
export const TLS_SETTINGS = `ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ${CIPHERS};
ssl_prefer_server_ciphers off;
ssl_session_cache shared:receiver_tls:10m;
ssl_session_timeout 1d;
ssl_session_tickets off;
ssl_stapling off;
`

/** The `listen`s over TLS of a site that has a certificate. */
export function tlsListens(site: Front & Required<Pick<Site, 'tls'>>): string {
  const { tls, features = OLDEST } = site
  const tcp = tls.listen.map((listen) => `listen ${listen}${tlsParameters(site)};\n`)
  const quic = hasHttp3(site)
    ? tls.listen.map((listen) => `listen ${withoutOptions(listen)} quic;\n`)
    : []
  return [
    ...tcp,
    ...quic,
    features.modules.has('http_v2') && isAtLeast(features, '1.25.1') ? 'http2 on;\n' : '',
  ].join('')
}

/** Of a `listen` over TLS: all that share an address have to say the same. */
export function tlsParameters({
  features = OLDEST,
  proxyProtocol,
}: Pick<Front, 'features' | 'proxyProtocol'>): string {
  const hasHttp2 = features.modules.has('http_v2') && !isAtLeast(features, '1.25.1')
  return [' ssl', hasHttp2 ? ' http2' : '', proxyProtocol === true ? ' proxy_protocol' : ''].join(
    '',
  )
}

/** Its certificate, and how it is shown. */
export const certificateLines = ({ certificate, key }: NonNullable<Site['tls']>): string =>
  `ssl_certificate ${certificate};
ssl_certificate_key ${key};
${TLS_SETTINGS}`

const hasHttp3 = ({ tls, http3, features = OLDEST }: Front): boolean =>
  tls !== undefined && http3 === true && features.modules.has('http_v3')

/** Says outside of server blocks who is told of HSTS: only what came over TLS may (RFC 6797, section 7.2). */
export const hstsMap = ({ hsts }: Pick<Site, 'hsts'>): string =>
  hsts === undefined ? '' : `map $https ${hstsVariable(hsts)} { default ""; on "${hsts}"; }\n`

const hstsVariable = (hsts: string) => `$receiver_hsts_${inVariable(shortHash(hsts)).slice(0, 8)}`

/**
 * Headers of every answer. A place that has an `add_header` of its own has to have these, too: Nginx passes those of the server
 * block on to none that has one. It leaves an empty one out.
 * @param instead those of the config, in small letters, that the place has its own of
 */
export const everywhere = (site: Front, instead: readonly string[] = []): string =>
  `${hstsHeader(site)}${http3Header(site)}${ownHeaders(site, instead)}`

const hstsHeader = ({ hsts }: Front): string =>
  hsts === undefined ? '' : `add_header Strict-Transport-Security ${hstsVariable(hsts)} always;\n`

const http3Header = (site: Front): string =>
  hasHttp3(site) ? `add_header Alt-Svc 'h3=":${tlsPort(site)}"; ma=86400' always;\n` : ''

/** The port that visitors over TLS come to: of the first `listen`. */
const tlsPort = ({ tls }: Front): string =>
  tls?.listen[0]?.split(' ')[0]?.split(':').at(-1) ?? '443'

/** Sends visitors of plain HTTP to the same address over TLS, and keeps method and body of what they ask. */
export const toTls = (site: Front): string =>
  `return 308 https://$host${portOf(site)}$request_uri;\n`

/** Of a URL over TLS. */
export function portOf(site: Front): string {
  const port = tlsPort(site)
  return port === '443' ? '' : `:${port}`
}
