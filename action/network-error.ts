import { BodyTooLong } from '../protocol/read-body.ts'

const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** Whether a failed request may succeed when it is made again: a wrong certificate stays wrong. */
export const isPassing = (error: unknown): boolean => {
  if (error instanceof BodyTooLong) return false
  const code = codeOf(error)
  return !CERTIFICATE_CODES.has(code) && code !== 'EPROTO' && !code.startsWith('ERR_SSL')
}

/** Why a host could not be reached, and what to do, for people. */
export const explainNetworkError = (error: unknown, url: string): { why: string; hint: string } => {
  const { host, hostname } = new URL(url)
  if (error instanceof BodyTooLong) {
    return {
      why: `${host} sends too much: ${error.message}`,
      hint: 'Check that url is the one that is meant: something else answers there.',
    }
  }
  const code = codeOf(error)
  const message = error instanceof Error ? error.message || code : String(error)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      why: `the name ${hostname} does not resolve (${code})`,
      hint: 'Check the spelling of url and the DNS record of the host.',
    }
  }
  if (CERTIFICATE_CODES.has(code)) {
    return {
      why: `the TLS certificate of ${host} is not accepted: ${message} (${code})`,
      hint: 'Give the host a certificate for this name from a public authority, or set NODE_EXTRA_CA_CERTS in the job to the file of your own.',
    }
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return {
      why: `${host} does not speak TLS there: ${message}`,
      hint: 'Check the port and the scheme (http or https) of url.',
    }
  }
  return {
    why: `${host} cannot be reached: ${message}`,
    hint: 'Check that the receiver and its Nginx run, and that the firewall lets this runner in.',
  }
}

const codeOf = (error: unknown): string => {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : ''
}
