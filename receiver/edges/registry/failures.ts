import { parseImage } from '../../../protocol/image-reference.ts'
import { reasonOf } from '../../../protocol/registries/answers.ts'
import { DeployError } from '../../core/errors.ts'
import { REGISTRY_HINTS } from '../../core/image/registry.ts'
import { shorten } from '../../core/shorten.ts'
import { OutOfReach } from '../reach.ts'
import { readRetryAfter } from '../retry-after.ts'

export const denied = (repository: string, why: string) =>
  new DeployError('registry_denied', `the registry does not let us read ${repository}: ${why}`, {
    hint: REGISTRY_HINTS.denied,
  })

export const loginMissing = (repository: string) =>
  new DeployError(
    'registry_denied',
    `${parseImage(repository).registry} needs a login to read ${repository}, and none is configured`,
    {
      hint: 'write one under `registries:`, or as the receiver’s user: docker login (its `config.json` and credential helpers are read)',
    },
  )

export const unreachable = (
  repository: string,
  why: string,
  more: { hint?: string; cause?: unknown; retryAfterMs?: number } = {},
) =>
  new DeployError('registry_unreachable', `cannot read ${repository} at its registry: ${why}`, {
    hint: `check that the VM reaches it (curl -v https://${parseImage(repository).registry}/v2/)`,
    ...more,
  })

/** Of an answer that was read no further. A manifest or a config of that size is refused for good, the rest may be a bad moment. */
export const tooLong = (repository: string, what: string, cause: Error) =>
  /^(?:manifests|blobs)\//.test(what)
    ? new DeployError('image_invalid', `${what} of ${repository} is no image’s: ${cause.message}`, {
        hint: 'check what the registry gives: its manifests and configs are a few thousand bytes long',
        cause,
      })
    : unreachable(repository, `${what}: ${cause.message}`, { cause })

/** Of an answer that is of no use. Throws nothing. */
export function refused(
  repository: string,
  what: string,
  { status, headers }: Response,
  body: Buffer,
): DeployError {
  const said = body.length === 0 ? '' : `: ${printable(reasonOf(body.toString()))}`
  const why = `${what} answered ${status}${said}`
  if (status === 401 || status === 403) return denied(repository, why)
  const retryAfterMs = readRetryAfter(headers.get('retry-after'))
  const when = retryAfterMs === undefined ? {} : { retryAfterMs }
  const wait = retryAfterMs === undefined ? '' : `, to be asked again in ${retryAfterMs / 1000} s`
  if (status !== 429) return unreachable(repository, `${why}${wait}`, when)
  const message = `${repository} is asked too often: ${why}${limitOf(headers)}${wait}`
  return new DeployError('registry_busy', message, { hint: REGISTRY_HINTS.busy, ...when })
}

/** Docker Hub's own figures (docs.docker.com, "Docker Hub pull usage and limits"): `100;w=21600`. */
function limitOf(headers: Headers): string {
  const [, pulls, seconds] = /^(\d+);w=(\d+)$/.exec(headers.get('ratelimit-limit') ?? '') ?? []
  if (pulls === undefined) return ''
  const source = headers.get('docker-ratelimit-source')
  const whose = source === null ? '' : ` for ${printable(source)}`
  return `; the limit is ${pulls} pulls in ${Number(seconds) / 3600} h${whose}`
}

const printable = (text: string) => shorten(text, 300).replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?')

/** Why a registry was not reached. */
export function unreached(repository: string, error: unknown): DeployError {
  const cause = deepest(error)
  if (cause instanceof OutOfReach) {
    return unreachable(repository, cause.message, {
      hint: OUT_OF_REACH,
      cause: error,
    })
  }
  const { code = '' } = cause as NodeJS.ErrnoException
  const { registry } = parseImage(repository)
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return unreachable(repository, 'it speaks plain HTTP, not TLS', {
      hint: `give it a certificate, or add "${registry}" to "insecure-registries" in Docker's daemon.json`,
      cause: error,
    })
  }
  if (UNTRUSTED.has(code)) {
    return unreachable(repository, `its certificate is not trusted (${code})`, {
      hint: `put the authority that signed it into /etc/docker/certs.d/${registry}/ca.crt, or into the system's store`,
      cause: error,
    })
  }
  return unreachable(repository, causeOf(error), { cause: error })
}

const OUT_OF_REACH =
  'a registry may send the receiver to public addresses, and one that is itself at private or loopback ones to such as well: see docs/registries.md, "Where a registry may lead"'

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** What went wrong, on one line. */
function causeOf(error: unknown): string {
  const cause = deepest(error)
  const proxy = error instanceof ProxyError ? `through the proxy ${error.message}: ` : ''
  // of several addresses that were tried the message is empty
  const said = cause.message.trim() || ((cause as NodeJS.ErrnoException).code ?? cause.name)
  return printable(`${proxy}${said}`)
}

/** fetch hides what went wrong in the cause of a cause. */
function deepest(error: unknown): Error {
  let cause = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  return cause instanceof Error ? cause : new Error(String(cause))
}

/** A request through a proxy failed; its message is the proxy's host. */
export class ProxyError extends Error {}
