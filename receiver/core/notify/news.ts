import type { Deployment } from '../../../protocol/deployment.ts'
import { shorten } from '../shorten.ts'

const OF_DEPLOYMENTS = ['failed', 'rolled_back', 'recovered', 'succeeded'] as const
const OF_WARNINGS = ['certificate', 'disk'] as const
export const NEWS_KINDS = [...OF_DEPLOYMENTS, ...OF_WARNINGS] as const
export type NewsKind = (typeof NEWS_KINDS)[number]

/** What a target hears of that does not say: all but what goes well every day. */
export const DEFAULT_KINDS: readonly NewsKind[] = NEWS_KINDS.filter((kind) => kind !== 'succeeded')

/** Something that whoever operates the receiver wants to hear of. Its texts hold no secrets any more. */
export type News =
  | { kind: (typeof OF_DEPLOYMENTS)[number]; at: string; deployment: Deployment }
  | { kind: (typeof OF_WARNINGS)[number]; at: string; warning: Warning }

/** Something that is about to go wrong, or has. */
export interface Warning {
  /** By which it is known again: `certificate:api`, `disk`. */
  subject: string
  /** For people: `certificate of api`. */
  what: string
  /** Whose it is; absent: the machine's. */
  app?: string
  message: string
  hint?: string
}

/** Of what failed last, so many lines say why. */
const LOG_LINES = 20
const LINE_CHARACTERS = 300

/**
 * What the end of a deployment is, the most telling first: a target hears of the first one that it wants, and of nothing else.
 * @param before the deployment of the app that ended before it, without those that never ran
 */
export function kindsOf(
  { status, error }: Pick<Deployment, 'status' | 'error'>,
  before: Pick<Deployment, 'status' | 'error'> | undefined,
): readonly (typeof OF_DEPLOYMENTS)[number][] {
  if (status === 'succeeded') {
    return before !== undefined && isFailure(before) ? ['recovered', 'succeeded'] : ['succeeded']
  }
  if (!isFailure({ status, error })) return []
  return error?.code === 'rolled_back' ? ['rolled_back', 'failed'] : ['failed']
}

/** Whoever takes an app away knows that its deployments end. */
const isFailure = ({ status, error }: Pick<Deployment, 'status' | 'error'>) =>
  status === 'failed' && error?.code !== 'app_removed'

/** A deployment as news of it has it: of its log the end. */
export function inBrief(deployment: Deployment): Deployment {
  const { error } = deployment
  if (error?.log === undefined) return deployment
  const log = error.log.slice(-LOG_LINES).map((line) => shorten(line, LINE_CHARACTERS))
  return { ...deployment, error: { ...error, log } }
}
