import { isAtLeast, OLDEST, type Features } from '../features.ts'
import { checkEach } from './grammar.ts'
import { indent } from './text.ts'
import { type Up, upLocations } from './up.ts'
import { TLS_SETTINGS, tlsParameters } from './tls.ts'

/** Where names that no site has get no answer. */
export interface UnknownNames {
  listen: readonly string[]
  /** Over TLS. */
  listenTls: readonly string[]
  /** A certificate that is nobody's, for an Nginx that has to show one before it can refuse. */
  pair?: { certificate: string; key: string }
  proxyProtocol?: true
  features?: Features
  /** By what load balancers are answered, which may ask by an address: over plain HTTP alone. */
  up?: Up
}

/** Nginx refuses the handshake itself since 1.19.4, and so has no certificate to show. */
export const canRefuse = (features: Features): boolean => isAtLeast(features, '1.19.4')

/** A name that no other server block has ends here. */
export function unknownNames(unknown: UnknownNames): string {
  const { listen, listenTls, pair, proxyProtocol, up, features = OLDEST } = unknown
  checkEach({
    listen: [...listen, ...listenTls],
    path: [
      ...(pair === undefined ? [] : [pair.certificate, pair.key]),
      ...(up === undefined ? [] : [up.drained, up.apps]),
    ],
  })
  const refusal = canRefuse(features)
    ? 'ssl_reject_handshake on;\n'
    : pair === undefined
      ? undefined
      : `ssl_certificate ${pair.certificate};\nssl_certificate_key ${pair.key};\n`
  const listens = (all: readonly string[], parameters: string) =>
    all.map((each) => `listen ${each}${parameters} default_server;\n`).join('')
  return [
    listen.length === 0
      ? ''
      : block(listens(listen, proxyProtocol === true ? ' proxy_protocol' : ''), up),
    listenTls.length === 0 || refusal === undefined
      ? ''
      : block(`${listens(listenTls, tlsParameters(unknown))}${refusal}${TLS_SETTINGS}`),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

const block = (
  lines: string,
  up?: Up,
): string => `# Names that no site here has: no answer, and no hint at what else there is
server {
${indent(lines)}  server_name _;
  access_log off;
${up === undefined ? '  return 444;\n' : indent(`${upLocations(up)}location / { return 444; }\n`)}}
`
