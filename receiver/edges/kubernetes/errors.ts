import { DeployError, type DeployErrorCode } from '../../core/errors.ts'
import { shorten } from '../../core/shorten.ts'

const SHOWN_CHARACTERS = 2000

/** What an API server answered that is no success. */
export class ApiError extends Error {
  readonly status: number
  readonly reason: string
  readonly causes: readonly { reason?: string; message?: string; field?: string }[]

  constructor(
    status: number,
    {
      message = '',
      reason = '',
      details,
    }: { message?: string; reason?: string; details?: { causes?: ApiError['causes'] } },
  ) {
    super(shorten(message === '' ? `status ${status}` : message, SHOWN_CHARACTERS))
    this.name = 'ApiError'
    this.status = status
    this.reason = reason
    this.causes = details?.causes ?? []
  }
}

export const isMissing = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 404
export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 409
export const isForbidden = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 403 && missingRight(error.message) !== undefined

/** What an API server said, or that it said nothing, about `what`, as a `DeployError`. */
export function explain(
  error: unknown,
  what: string,
  otherwise: DeployErrorCode = 'cluster_refused',
): DeployError {
  if (error instanceof DeployError) return error
  if (!(error instanceof ApiError)) return away(error, what)
  const { status, message } = error
  const told = `${what}: ${message}`
  if (status === 401) {
    return new DeployError('forbidden', `${what}: the cluster does not know who asks (401)`, {
      hint: 'the token or certificate of the kubeconfig is wrong, or has ended; `kubectl auth can-i --list` with it says',
      cause: error,
    })
  }
  const right = status === 403 ? missingRight(message) : undefined
  if (right !== undefined) {
    return new DeployError('forbidden', told, {
      hint: `its Role lacks: ${ruleFor(right)}`,
      cause: error,
    })
  }
  if (status === 429 || status >= 500) return away(error, what)
  return new DeployError(otherwise, told, {
    hint: HINTS[otherwise] ?? 'these are the words of the cluster; kubectl says the same',
    cause: error,
  })
}

const HINTS: Readonly<Partial<Record<DeployErrorCode, string>>> = {
  cluster_refused:
    'these are the words of the cluster, or of an admission webhook: nothing was changed',
}

export interface Right {
  verb: string
  resource: string
  group: string
  name?: string
}

const FORBIDDEN =
  /^([a-z]{1,60})(?:\.([a-z0-9.-]{1,200}))?(\/[a-z]{1,30})? (?:"([^"]{1,253})" )?is forbidden: User "[^"]{1,500}" cannot ([a-z]{1,30}) resource "([a-z/]{1,90})" in API group "([^"]{0,200})"/

/** Which right is missing, by the words of RBAC: `deployments.apps "web" is forbidden: User "…" cannot patch resource "deployments" …`. */
export function missingRight(message: string): Right | undefined {
  const found = FORBIDDEN.exec(message)
  if (found === null) return undefined
  const [, , , , name, verb = '', resource = '', group = ''] = found
  return { verb, resource, group, ...(name === undefined ? {} : { name }) }
}

/** The line of a Role that gives a right. */
export function ruleFor({ verb, resource, group, name }: Right): string {
  // pods and what is made have other names the next time
  const isOfOne = name !== undefined && group === 'apps' && resource !== 'replicasets'
  const names = isOfOne ? `, resourceNames: [${name}]` : ''
  return `{ apiGroups: ["${group}"], resources: [${resource}]${names}, verbs: [${verb}] }`
}

function away(error: unknown, what: string): DeployError {
  const { cause } = error as { cause?: unknown }
  const root = cause instanceof Error && !(error instanceof ApiError) ? cause : error
  const reason = root instanceof Error ? root.message : String(root)
  return new DeployError(
    'engine_unreachable',
    `${what}: the cluster does not answer (${shorten(reason, SHOWN_CHARACTERS)})`,
    {
      hint: '`kubectl get --raw /readyz` with the same kubeconfig says whether it is there',
      cause: error,
    },
  )
}
