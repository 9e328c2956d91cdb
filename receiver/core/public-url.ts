/** Why nobody answers at the public URL. */
export interface NoAnswer {
  message: string
  hint: string
  /** Others may come to it all the same: it is the way from this machine that is not there. */
  isOnlyFromHere: boolean
  /** There is a certificate, of an authority that this machine does not trust. */
  isUntrusted: boolean
}

/** What a client's error means of the public URL, by the codes of Node and OpenSSL. */
export function whyNoAnswer(url: string, error: unknown): NoAnswer {
  const { cause, message, name } = error as Error & { cause?: { code?: string; message?: string } }
  const code = cause?.code ?? name
  const why = cause?.message === undefined || cause.message === '' ? message : cause.message
  const isOfTls = CERTIFICATE.test(code)
  return {
    // Node goes on with advice of its own
    message: `${url} ${isOfTls ? 'is not trusted' : 'does not answer'}: ${why.split('; if the root CA')[0]}`,
    hint: REMEDIES[code] ?? (NO_WAY.has(code) ? FROM_ELSEWHERE(url) : OTHERWISE),
    isOnlyFromHere: NO_WAY.has(code),
    isUntrusted: REMEDIES[code] === CHAIN,
  }
}

const OTHERWISE =
  'look at the DNS of its host, at the firewall, and at the server block of Nginx for it (docs/install.md)'

/** Behind many a router a machine does not come to itself by its public address. */
const NO_WAY: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'TimeoutError',
  'UND_ERR_CONNECT_TIMEOUT',
])
const FROM_ELSEWHERE = (url: string) =>
  `ask from another machine, \`curl -i ${url}/healthz\`: if it answers there, senders find it too`

const CERTIFICATE = /^(?:CERT_|DEPTH_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/

const CHAIN =
  'have Nginx give the whole chain of the certificate of the host of `url:`, by an authority that senders trust'

const REMEDIES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host of `url:` has no address: set its DNS to this machine',
  ECONNREFUSED: 'nothing listens there: start Nginx, and see that it listens on that port',
  ECONNRESET: 'Nginx has no site for the host of `url:` there: see the line `site of the receiver`',
  UND_ERR_SOCKET:
    'Nginx has no site for the host of `url:` there: see the line `site of the receiver`',
  EPROTO: 'there is no TLS at that port: get a certificate (docs/https.md), or correct `url:`',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'there is no TLS at that port: get a certificate (docs/https.md), or correct `url:`',
  CERT_HAS_EXPIRED: 'renew the certificate of the host of `url:`, and reload Nginx',
  CERT_NOT_YET_VALID: 'set the clock right: the certificate of the host of `url:` begins later',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the certificate signs itself: get one from an authority, or give that to the senders',
  SELF_SIGNED_CERT_IN_CHAIN: CHAIN,
  UNABLE_TO_GET_ISSUER_CERT: CHAIN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CHAIN,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CHAIN,
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name than that of `url:`',
}
