import { DeployError, type DeployErrorCode } from '../../core/errors.ts'
import { REGISTRY_HINTS } from '../../core/image/registry.ts'
import { shorten } from '../../core/shorten.ts'

/** Docker passes on what registries and images say, of whatever length. */
const MAX_REASON_CHARACTERS = 2000

interface Rule {
  when: RegExp
  /** Stands there as well. */
  and?: RegExp
  code: DeployErrorCode
  hint: string
}

/** Docker and registries tell most failures apart by text alone; the first rule that fits counts. */
const RULES: readonly Rule[] = [
  {
    when: /no space left on device|disk quota exceeded/i,
    code: 'disk_full',
    hint: 'free space on the VM: `docker system df` shows what takes it, `docker image prune -a` frees images that nothing runs',
  },
  {
    when: /toomanyrequests|too many requests|rate limit|status: 429/i,
    code: 'registry_busy',
    hint: REGISTRY_HINTS.busy,
  },
  {
    when: /verification failed for digest|digest (?:mismatch|did not match)|invalid checksum digest|failed digest verification/i,
    code: 'digest_mismatch',
    hint: REGISTRY_HINTS.otherBytes,
  },
  {
    when: /failed to register layer/i,
    and: /unexpected EOF/i,
    code: 'digest_mismatch',
    hint: REGISTRY_HINTS.otherBytes,
  },
  {
    when: /unauthorized|authentication required|no basic auth credentials|denied|forbidden|status: 40[13]/i,
    code: 'registry_denied',
    hint: REGISTRY_HINTS.denied,
  },
  {
    when: /no matching manifest for/i,
    code: 'platform_missing',
    hint: REGISTRY_HINTS.platform,
  },
  {
    when: /manifest unknown|not found|no such image|repository does not exist|name unknown/i,
    code: 'image_missing',
    hint: REGISTRY_HINTS.missing,
  },
  {
    when: /connection refused|no such host|i\/o timeout|timeout|network is unreachable|no route to host|EOF|connection reset|x509|tls|server gave HTTP response|status: 5\d\d|bad gateway|service unavailable|unexpected EOF/i,
    code: 'registry_unreachable',
    hint: 'check that the VM reaches the registry (curl -v https://<registry>/v2/) and that Docker trusts its certificate',
  },
]

const ENGINE_GONE = /ECONNREFUSED|ENOENT|EPIPE|ECONNRESET|ETIMEDOUT|socket hang up/

/** Whoever has the socket is root on the machine, so that it is for few. */
export const NO_RIGHT =
  "run the receiver as root, or add its user to the group that owns Docker's socket"

/** Docker's own words for an error, without the wrapping of the client library; of many words the first. */
export const reasonOf = (error: unknown): string => shorten(wordsOf(error), MAX_REASON_CHARACTERS)

function wordsOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'json' in error) {
    const { json } = error as { json?: { message?: unknown } }
    if (typeof json?.message === 'string' && json.message !== '') return json.message
  }
  return error instanceof Error ? error.message : String(error)
}

/** Turns what Docker answered about `what` into a `DeployError`; `otherwise` is the code when no rule fits. */
export function translate(error: unknown, what: string, otherwise: DeployErrorCode): DeployError {
  if (error instanceof DeployError) return error
  const reason = reasonOf(error)
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : ''
  if (typeof code === 'string' && ENGINE_GONE.test(code)) {
    return new DeployError('engine_unreachable', `${what}: Docker does not answer (${reason})`, {
      hint: 'systemctl start docker; `journalctl -u docker` says why it ended',
      cause: error,
    })
  }
  if (code === 'EACCES') {
    return new DeployError(
      'engine_unreachable',
      `${what}: Docker's socket is not open to this user`,
      {
        hint: NO_RIGHT,
        cause: error,
      },
    )
  }
  const registry = otherwise === 'pull_failed'
  const rule = RULES.find(
    ({ when, and = when, code: fits }) =>
      (registry || fits === 'disk_full') && when.test(reason) && and.test(reason),
  )
  return new DeployError(rule?.code ?? otherwise, `${what}: ${reason}`, {
    ...(rule === undefined ? {} : { hint: rule.hint }),
    cause: error,
  })
}

/** HTTP status of Docker's answer, if it answered. */
export const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'statusCode' in error
    ? Number(error.statusCode)
    : undefined

/** Whether Docker says that the thing does not exist. */
export const isMissing = (error: unknown): boolean => statusOf(error) === 404
