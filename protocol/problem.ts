import * as v from 'valibot'

/** Media type of every error answer (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json'

/** Every problem code with its HTTP status. Codes are stable; texts may change. docs/errors.md says what to do about each. */
export const PROBLEMS = {
  malformed_json: 400,
  malformed_body: 400,
  malformed_reference: 400,
  signature_rejected: 401,
  token_rejected: 401,
  image_not_allowed: 403,
  claims_not_allowed: 403,
  deploy_not_allowed: 403,
  release_settings_not_allowed: 403,
  origin_not_allowed: 403,
  preview_not_allowed: 403,
  read_only: 403,
  unknown_app: 404,
  unknown_deployment: 404,
  no_log: 404,
  not_found: 404,
  method_not_allowed: 405,
  nothing_to_roll_back_to: 409,
  ambiguous_digest: 409,
  ambiguous_deployment: 409,
  app_configured: 409,
  no_visitors: 409,
  not_removed: 409,
  not_running: 409,
  preview_leaves: 409,
  preview_removed: 409,
  too_many_previews: 409,
  under_way: 409,
  awaits_data: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  config_refused: 422,
  id_reused: 422,
  too_many_requests: 429,
  internal_error: 500,
  busy: 503,
  store_failed: 503,
  registry_failed: 503,
  engine_failed: 503,
  issuer_unavailable: 503,
} as const satisfies Record<string, number>
export type ProblemCode = keyof typeof PROBLEMS

/** Body of an error answer. */
export const Problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  code: v.string(),
  /** Names the thing and its value. */
  detail: v.string(),
  /** Says what to do. */
  hint: v.optional(v.string()),
  /** Of `preview_removed`: the run of a workflow that removed it, if one did. It is newer, and says itself what is true. */
  newer_run: v.optional(v.number()),
})
export type Problem = v.InferOutput<typeof Problem>
