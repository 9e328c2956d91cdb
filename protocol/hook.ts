import * as v from 'valibot'

/** Largest hook body, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024

/** Longest idempotency key (`id` in the body, `webhook-id` in the header), in characters. */
export const MAX_ID_CHARACTERS = 256

const MAX_ATTESTATIONS = 8

/** valibot's objects take lists too. */
const notList = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value), 'expected an object, not a list'),
)

const text = v.pipe(v.string(), v.maxLength(1000))

/** What the sender says of itself: recorded and shown, never trusted. */
export const Source = v.pipe(
  notList,
  v.object({
    repository: v.optional(text),
    ref: v.optional(text),
    sha: v.optional(text),
    run_url: v.optional(text),
    actor: v.optional(text),
    message: v.optional(text),
    /** One id over all receivers that one release went to. */
    release: v.optional(text),
  }),
)
export type Source = v.InferOutput<typeof Source>

/** The JSON body of `POST /hooks/{app}`. Neither `image` nor `rollback` means redeploy. Unknown fields are dropped. */
export const HookBody = v.pipe(
  notList,
  v.object({
    image: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(1024))),
    rollback: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(256))),
    /** With `rollback`: run it with the settings of the config, not with those that it had then. */
    current_settings: v.optional(v.boolean()),
    /** With `rollback`, over the local socket alone: run it with all that it had then, rights, limits and secrets too. */
    release_settings: v.optional(v.boolean()),
    id: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_CHARACTERS))),
    source: v.optional(Source),
    /** Everything is checked as for a real hook, and nothing is started or used up. */
    test: v.optional(v.boolean()),
    /** A preview of the app, by its name or its branch's: this is for it, not for the app itself. */
    preview: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(255))),
    /** With `preview`: it is taken away. */
    remove: v.optional(v.boolean()),
    /**
     * With `preview`: when the push or pull request happened that it is for. What was removed since does not come back by it, however
     * long its run waited.
     */
    asked_at: v.optional(v.pipe(v.string(), v.maxLength(40), v.isoTimestamp())),
    /** Sigstore bundles of the image. */
    attestations: v.optional(v.pipe(v.array(v.unknown()), v.maxLength(MAX_ATTESTATIONS))),
  }),
  v.check(
    (body) => body.image === undefined || body.rollback === undefined,
    'image and rollback exclude each other: send one of them',
  ),
  v.check(
    (body) => body.remove !== true || body.preview !== undefined,
    'remove takes a preview away: name it under preview',
  ),
  v.check(
    ({ preview, image, remove }) =>
      preview === undefined || (image === undefined) === (remove === true),
    'a preview goes with image, or with remove: true',
  ),
  v.check(
    ({ preview, rollback }) => preview === undefined || rollback === undefined,
    'a preview is not rolled back: send an image',
  ),
  v.check(
    (body) => body.current_settings !== true || body.release_settings !== true,
    'current_settings and release_settings exclude each other: send one of them',
  ),
)
export type HookBody = v.InferOutput<typeof HookBody>
