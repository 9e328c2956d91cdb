import * as v from 'valibot'
import { pushed, quote, type Said } from './pushed.ts'

/** https://docs.github.com/webhooks/webhook-events-and-payloads#package */
const Package = v.object({
  name: v.string(),
  package_version: v.nullable(
    v.object({
      package_url: v.optional(v.nullable(v.string())),
      container_metadata: v.optional(
        v.nullable(
          v.object({ tag: v.optional(v.nullable(v.object({ name: v.optional(v.string()) }))) }),
        ),
      ),
    }),
  ),
})
const PackageEvent = v.union([
  v.object({ action: v.string(), package: Package }),
  v.object({ action: v.string(), registry_package: Package }),
])
const ACTIONS = new Set(['published', 'updated'])

/** What a GitHub webhook says. The event's name comes from a header, which is not signed, so the body must agree. */
export function readGithubPayload(event: string | undefined, json: unknown): Said {
  if (event === 'ping') return { kind: 'ping' }
  if (event !== 'package' && event !== 'registry_package') {
    return {
      kind: 'ignored',
      reason: `the event is ${quote(event ?? 'not named')}: only package and registry_package say that an image was pushed`,
    }
  }
  const payload = v.safeParse(PackageEvent, json)
  if (!payload.success) return { kind: 'ignored', reason: `the body is not a ${event} event` }
  const { action } = payload.output
  if (!ACTIONS.has(action)) {
    return { kind: 'ignored', reason: `the action is ${quote(action)}` }
  }
  const { name, package_version: version } =
    'package' in payload.output ? payload.output.package : payload.output.registry_package
  // ghcr.io/Acme/api:1.4.2, the colon also when there is no tag; registries want lower case
  const [, repository, urlTag] =
    /^([^:]+(?::\d+\/[^:]+)?):([^:/]*)$/.exec(version?.package_url ?? '') ?? []
  if (repository === undefined) {
    return { kind: 'ignored', reason: `${quote(name)} is not a container image` }
  }
  return pushed(repository.toLowerCase(), version?.container_metadata?.tag?.name ?? urlTag)
}
