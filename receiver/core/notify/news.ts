import type { Deployment } from '../../../protocol/deployment.ts'
import { shorten } from '../shorten.ts'

const OF_DEPLOYMENTS = ['failed', 'rolled_back', 'recovered', 'succeeded'] as const
const OF_WARNINGS = ['certificate', 'disk'] as const
export const NEWS_KINDS = [...OF_DEPLOYMENTS, ...OF_WARNINGS, 'preview'] as const
export type NewsKind = (typeof NEWS_KINDS)[number]

/** What a target hears of that does not say: all but what happens every day. */
export const DEFAULT_KINDS: readonly NewsKind[] = NEWS_KINDS.filter(
  (kind) => kind !== 'succeeded' && kind !== 'preview',
)

/** Something that whoever operates the receiver wants to hear of. Its texts hold no secrets any more. */
export type News =
  | { kind: (typeof OF_DEPLOYMENTS)[number]; at: string; deployment: Deployment }
  | { kind: (typeof OF_WARNINGS)[number]; at: string; warning: Warning }
  | { kind: 'preview'; at: string; preview: PreviewNews }

/** What became of a preview. */
export interface PreviewNews {
  app: string
  /** The app that it is a preview of: who hears of that hears of this. */
  of: string
  /** `closed`: it outlived its pull request, and goes. */
  became: 'made' | 'removed' | 'refused' | 'closed'
  message: string
  hint?: string
  /** Where visitors find it. */
  url?: string
}

/** The app by which targets choose what they hear of; `undefined`: it is of the machine. */
export const appOf = (news: News): string | undefined =>
  'deployment' in news
    ? news.deployment.app
    : 'preview' in news
      ? news.preview.of
      : news.warning.app

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
