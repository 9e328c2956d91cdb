import * as v from 'valibot'
import { Source } from './hook.ts'

/** The steps of a deployment, in the order in which they run. */
export const STEPS = [
  'resolve',
  'pull',
  'release',
  'start',
  'health',
  'swap',
  'watch',
  'drain',
  'retire',
] as const
export type StepName = (typeof STEPS)[number]

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
  name: v.picklist(STEPS),
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
  /** Where users reach the app, if its config names a domain. */
  url: v.optional(v.string()),
  source: Source,
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
    step: v.picklist(STEPS),
    status: v.picklist(['running', 'succeeded', 'failed']),
    ms: v.optional(v.number()),
    /** One line for people: what the step did, with figures. */
    message: v.optional(v.string()),
    /** Why the deployment fails, on the step that failed it. */
    error: v.optional(DeploymentError),
  }),
  /** Something to show while a step runs: bytes pulled, a probe's answer. */
  v.object({
    type: v.literal('progress'),
    at: v.string(),
    step: v.picklist(STEPS),
    message: v.string(),
    /** Bytes done and bytes in all, of a pull. */
    current: v.optional(v.number()),
    total: v.optional(v.number()),
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

export const isFinal = (status: DeploymentStatus): status is FinalStatus =>
  status === 'succeeded' || status === 'failed' || status === 'superseded'
