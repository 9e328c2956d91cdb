import * as v from 'valibot'
import { Source } from './hook.ts'

/**
 * The name of a step: `resolve`, `pull`, `swap`, … An open string: another engine or a newer receiver has steps of its own,
 * and every reader shows those that it does not know.
 */
const StepName = v.string()

export const FINAL_STATUSES = ['succeeded', 'failed', 'superseded'] as const
export type FinalStatus = (typeof FINAL_STATUSES)[number]
export type DeploymentStatus = 'queued' | 'running' | FinalStatus

const DeploymentError = v.object({
  /** Stable word for programs: `unhealthy`, `pull_failed`, `rolled_back`, … */
  code: v.string(),
  /** What failed, which thing, with its value. */
  message: v.string(),
  /** What to do about it. */
  hint: v.optional(v.string()),
  /** Last lines of the container's output. */
  log: v.optional(v.array(v.string())),
})
export type DeploymentError = v.InferOutput<typeof DeploymentError>

const Step = v.object({
  name: StepName,
  status: v.picklist(['running', 'succeeded', 'failed']),
  started_at: v.string(),
  /** Duration in milliseconds, once it ended. */
  ms: v.optional(v.number()),
})
export type Step = v.InferOutput<typeof Step>

/** One attempt to put a digest live, as every answer shows it. Times are ISO 8601 in UTC. */
export const Deployment = v.object({
  id: v.string(),
  app: v.string(),
  action: v.picklist(['deploy', 'redeploy', 'rollback']),
  status: v.picklist(['queued', 'running', ...FINAL_STATUSES]),
  image: v.object({
    repository: v.string(),
    tag: v.optional(v.string()),
    /** `sha256:` and 64 hex digits; absent until the tag is resolved. */
    digest: v.optional(v.string()),
  }),
  previous: v.optional(v.object({ deployment: v.string(), digest: v.string() })),
  /** Of a rollback: the deployment whose settings it runs with; absent for those of the config. */
  settings_of: v.optional(v.string()),
  /** Of a rollback: whether all of those come back, rights, limits and secrets too. */
  release_settings: v.optional(v.boolean()),
  /** Of a redeploy: it is what was live, once more, with nothing new. */
  restart: v.optional(v.boolean()),
  /** Of a deploy that a registry only hinted at, when it did not say the digest: one that is on hold is not run. */
  hint: v.optional(v.boolean()),
  /** What visitors come to the app by, once that was found out. */
  url: v.optional(v.string()),
  /** Of a preview: why its visitors came to it without TLS when it was made, and when that changes, in words for people. */
  no_https: v.optional(v.string()),
  source: Source,
  /** Of the request that it came of: the one that was answered with it, and that stands in the receiver's log. */
  request_id: v.optional(v.string()),
  created_at: v.string(),
  started_at: v.optional(v.string()),
  finished_at: v.optional(v.string()),
  live_at: v.optional(v.string()),
  steps: v.array(Step),
  error: v.optional(DeploymentError),
})
export type Deployment = v.InferOutput<typeof Deployment>

/** The body of a 202. */
export const Accepted = v.object({
  deployment: Deployment,
  follow: v.object({ url: v.string(), token: v.string() }),
})
export type Accepted = v.InferOutput<typeof Accepted>

/** What happened, in order. On the wire each is one server-sent event: `event:` is the type, `data:` the whole object. */
export const DeploymentEvent = v.variant('type', [
  v.object({ type: v.literal('started'), at: v.string() }),
  v.object({
    type: v.literal('image'),
    at: v.string(),
    digest: v.string(),
    previous: v.optional(v.object({ deployment: v.string(), digest: v.string() })),
  }),
  v.object({
    type: v.literal('step'),
    at: v.string(),
    step: StepName,
    status: v.picklist(['running', 'succeeded', 'failed']),
    ms: v.optional(v.number()),
    /** One line for people: what the step did, with figures. */
    message: v.optional(v.string()),
    /** Why the deployment fails, on the step that failed it. */
    error: v.optional(DeploymentError),
  }),
  /** Something to show while a step runs: bytes pulled, a probe's answer, a warning. */
  v.object({
    type: v.literal('progress'),
    at: v.string(),
    step: StepName,
    message: v.string(),
    /** Bytes done and bytes in all, of a pull. */
    current: v.optional(v.number()),
    total: v.optional(v.number()),
    /** What visitors come to the app by, as found out. */
    url: v.optional(v.string()),
    /** Why they come to it without TLS for now. */
    no_https: v.optional(v.string()),
  }),
  v.object({ type: v.literal('live'), at: v.string() }),
  v.object({
    type: v.literal('finished'),
    at: v.string(),
    status: v.picklist(FINAL_STATUSES),
    error: v.optional(DeploymentError),
  }),
])
export type DeploymentEvent = v.InferOutput<typeof DeploymentEvent>

/** Longer than any event: the last lines of a container's output stand in one. A reader gives up on a longer one. */
export const MAX_EVENT_CHARACTERS = 4 * 1024 * 1024

/** An event of a kind or shape that this version does not know, with what of it can be shown. */
export interface UnknownEvent {
  type: 'unknown'
  /** Its own `type`. */
  kind: string
  step?: string
  message?: string
}
const Unknown = v.object({
  type: v.string(),
  step: v.optional(v.fallback(v.optional(v.string()), undefined)),
  message: v.optional(v.fallback(v.optional(v.string()), undefined)),
})

/** An event as its readers take it: one that a newer receiver sends is shown, not refused. `undefined` when it is none at all. */
export function readEvent(json: unknown): DeploymentEvent | UnknownEvent | undefined {
  const known = v.safeParse(DeploymentEvent, json)
  if (known.success) return known.output
  const unknown = v.safeParse(Unknown, json)
  if (!unknown.success) return undefined
  const { type: kind, step, message } = unknown.output
  return {
    type: 'unknown',
    kind,
    ...(step === undefined ? {} : { step }),
    ...(message === undefined ? {} : { message }),
  }
}

export const isFinal = (status: DeploymentStatus): status is FinalStatus =>
  status === 'succeeded' || status === 'failed' || status === 'superseded'
