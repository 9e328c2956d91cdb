import * as v from 'valibot'
import { Accepted, Deployment, DeploymentEvent } from '../../../protocol/deployment.ts'
import { HookBody } from '../../../protocol/hook.ts'
import { Problem } from '../../../protocol/problem.ts'

/** ISO 8601, UTC. */
const Time = v.string()

const Answers = {
  requests: v.number(),
  client_errors: v.number(),
  server_errors: v.number(),
}

/** As `read/describe-app.ts` shows it. */
const App = v.object({
  name: v.string(),
  engine: v.picklist(['docker', 'swarm', 'kubernetes']),
  image: v.object({ repository: v.string(), tag: v.string() }),
  domains: v.array(v.string()),
  hook: v.string(),
  accepts: v.array(v.picklist(['oidc', 'ed25519', 'hmac', 'basic', 'github'])),
  live: v.nullable(Deployment),
  current: v.nullable(Deployment),
  last: v.nullable(Deployment),
  on_hold: v.array(v.object({ digest: v.string(), deployment: v.string(), since: Time })),
  volumes: v.array(v.object({ path: v.string(), replica: v.number(), volume: v.string() })),
  maintenance_since: v.nullable(Time),
  stopped_since: v.nullable(Time),
  awaits_data: v.array(v.string()),
  drift: v.nullable(v.string()),
  no_https: v.nullable(v.string()),
  traffic: v.nullable(
    v.object({
      ...Answers,
      p50_ms: v.nullable(v.number()),
      p95_ms: v.nullable(v.number()),
      swap: v.nullable(v.object({ ...Answers, deployment: v.string(), at: Time })),
    }),
  ),
  preview: v.nullable(
    v.object({
      of: v.string(),
      made_at: Time,
      deployed_at: Time,
      goes_at: v.nullable(Time),
      goes_by: v.nullable(v.picklist(['ttl', 'closed', 'removal'])),
      closed_since: v.nullable(Time),
    }),
  ),
  previews_broken: v.nullable(v.string()),
  project: v.nullable(
    v.object({
      name: v.string(),
      service: v.string(),
      one_offs: v.array(v.string()),
      workers: v.array(v.string()),
      dependencies: v.array(v.string()),
      passed_over: v.array(v.string()),
      beside_ours: v.optional(v.array(v.string())),
    }),
  ),
})

/** The shapes of what goes in and out, by name. */
export const SCHEMAS = {
  App,
  Apps: v.object({ apps: v.array(App) }),
  Deployment,
  Deployments: v.object({ deployments: v.array(Deployment) }),
  DeploymentEvent,
  HookBody,
  Accepted,
  /** Of a hook that made no deployment: a test, a hint at what is live or on hold, a ping. */
  NotNew: v.object({
    result: v.picklist(['pong', 'tested', 'ignored', 'unchanged']),
    detail: v.optional(v.string()),
    deployment: v.optional(Deployment),
  }),
  Health: v.object({ status: v.literal('ok'), version: v.string() }),
  Problem,
} as const
export type SchemaName = keyof typeof SCHEMAS
