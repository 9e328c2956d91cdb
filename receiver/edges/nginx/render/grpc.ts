import { askPassword } from './password.ts'
import { hideOfApp } from './headers.ts'
import { timeFor } from './pass-on.ts'
import { findPlace, placeOf } from './preview.ts'
import { limitRate } from './rate-limit.ts'
import type { Site } from './site.ts'
import { indent } from './text.ts'
import { everywhere } from './tls.ts'
import { told } from './trust.ts'
import type { Names } from './variables.ts'

/**
 * What clients of gRPC are told of what Nginx itself answers: a status of theirs, with HTTP's 200
 * (grpc/grpc, doc/http-grpc-status-mapping.md and PROTOCOL-HTTP2.md, "Trailers-Only").
 */
const ANSWERS = [
  { code: 4, of: [504], says: 'the app was silent for too long' },
  { code: 7, of: [403], says: 'not allowed' },
  { code: 8, of: [413], says: 'the request is too large' },
  { code: 13, of: [500], says: 'internal error' },
  { code: 14, of: [429, 502, 503], says: 'not available, please try again' },
  { code: 16, of: [401], says: 'a user name and password are needed' },
] as const

/** In the server block. */
export const grpcAnswers = (site: Site, names: Names): string =>
  ANSWERS.map(
    ({ code, says }) => `location ${names.grpc}${code} {
  internal;
  default_type application/grpc;
  add_header grpc-status ${code} always;
  add_header grpc-message "${says}" always;
${indent(everywhere(site))}  return 200;
}
`,
  ).join('')

/**
 * In the location. A call goes to its slot as soon as it begins, so no swap can overtake it on the way: what cannot be connected to
 * is not available, and clients try that again.
 */
export const grpcLocation = (site: Site, names: Names): string =>
  `${ANSWERS.map(({ code, of }) => `error_page ${of.join(' ')} = ${names.grpc}${code};\n`).join('')}client_max_body_size ${site.maxBody ?? '0'}; # of all messages of a stream together
client_body_timeout ${timeFor(site)}; # streams may be silent
${limitRate(site)}${askPassword(site)}${everywhere(site)}${findPlace(site, names)}grpc_pass grpc://${placeOf(site, names)};
grpc_set_header Host $host;
${asGrpc(told(site))}${asGrpc(hideOfApp(site))}${site.basicAuth === undefined ? '' : 'grpc_set_header Authorization "";\n'}grpc_next_upstream error timeout; # no call that an app may have seen is made again
grpc_intercept_errors off; # the app's own errors pass
grpc_buffer_size 16k;
grpc_connect_timeout 5s;
grpc_read_timeout ${timeFor(site)};
grpc_send_timeout ${timeFor(site)};
`

/** The same directives have the same arguments there. */
const asGrpc = (lines: string): string =>
  lines.replaceAll(/^proxy_(?=set_header|hide_header)/gm, 'grpc_')
