import { reasonOf } from '../../../protocol/registries/answers.ts'
import { DeployError } from '../../core/errors.ts'

export const HINTS = {
  denied:
    'check user and password under `registries:` and that this user may pull the repository (some registries also answer so when the repository does not exist)',
  busy: 'the registry limits how often it is asked (Docker Hub: by address, more with a login): set user and password under `registries:`, or deploy again later',
  unreachable:
    'check that the VM reaches the registry (curl -v https://<registry>/v2/) and that its certificate is trusted',
  missing: 'check that this tag or digest was pushed to this repository, and was not deleted since',
} as const

export const denied = (repository: string, why: string) =>
  new DeployError('registry_denied', `the registry does not let us read ${repository}: ${why}`, {
    hint: HINTS.denied,
  })

export const unreachable = (
  repository: string,
  why: string,
  more: { cause?: unknown; retryAfterMs?: number } = {},
) =>
  new DeployError('registry_unreachable', `cannot read ${repository} at its registry: ${why}`, {
    hint: HINTS.unreachable,
    ...more,
  })

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
  return new DeployError('registry_busy', message, { hint: HINTS.busy, ...when })
}

/** Docker Hub's own figures (docs.docker.com, "Docker Hub pull usage and limits"): `100;w=21600`. */
function limitOf(headers: Headers): string {
  const [, pulls, seconds] = /^(\d+);w=(\d+)$/.exec(headers.get('ratelimit-limit') ?? '') ?? []
  if (pulls === undefined) return ''
  const source = headers.get('docker-ratelimit-source')
  const whose = source === null ? '' : ` for ${printable(source)}`
  return `; the limit is ${pulls} pulls in ${Number(seconds) / 3600} h${whose}`
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function readRetryAfter(text: string | null): number | undefined {
  if (text === null) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : undefined
}

const printable = (text: string) => text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?').slice(0, 300)

/** What went wrong, which fetch hides in the cause of a cause. */
export function causeOf(error: unknown): string {
  let cause = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  if (!(cause instanceof Error)) return printable(String(cause))
  // of several addresses that were tried the message is empty
  return printable(cause.message.trim() || ((cause as NodeJS.ErrnoException).code ?? cause.name))
}
