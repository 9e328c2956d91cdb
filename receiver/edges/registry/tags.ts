import * as v from 'valibot'
import { DeployError } from '../../core/errors.ts'
import { readAs, type RegistryClient } from './client.ts'
import type { ReadRepository } from './reading.ts'
import { HEAD } from './repository.ts'

/** More tags than these are not asked for their digests, and so many of them at once. */
const MOST_TAGS = 300
const AT_ONCE = 10
/** Mostly of a hundred tags. */
const MOST_PAGES = 50

/** OCI distribution spec, "Pulling manifests". */
const TAG = /^\w[\w.-]{0,127}$/

const Page = v.object({ tags: v.nullish(v.array(v.string())) })

export interface Tags {
  /** With their digests, in the registry's order: those that were asked for, and the last ones. */
  tags: { tag: string; digest: string | undefined }[]
  /** How many the registry has. */
  total: number
  /** It has more than were counted. */
  hasMore: boolean
}

/**
 * The tags of a repository. Throws `DeployError`.
 * @param wanted tags that are listed in any case
 */
export const listTags = (
  repository: string,
  wanted: ReadonlySet<string>,
  read: ReadRepository,
  signal: AbortSignal,
): Promise<Tags> =>
  read(repository, signal, async (client) => {
    const { names: all, hasMore } = await namesOf(repository, client, signal)
    const others = all.filter((tag) => !wanted.has(tag))
    const first = hasMore ? [...wanted] : all.filter((tag) => wanted.has(tag))
    const chosen = new Set([...others, ...first].slice(-MOST_TAGS))
    const listed = [...new Set([...all, ...first])].filter((tag) => chosen.has(tag))
    const tags: Tags['tags'] = []
    for (let at = 0; at < listed.length; at += AT_ONCE) {
      const some = listed.slice(at, at + AT_ONCE).map(async (tag) => {
        const { status, digest } = await client.get(`manifests/${tag}`, { ...HEAD, signal })
        return status === 404 ? [] : [{ tag, digest }]
      })
      tags.push(...(await Promise.all(some)).flat())
    }
    return { tags, total: all.length, hasMore }
  })

/** Page by page (distribution spec, "Listing Tags"). */
async function namesOf(
  repository: string,
  client: RegistryClient,
  signal: AbortSignal,
): Promise<{ names: string[]; hasMore: boolean }> {
  const names: string[] = []
  let path: string | undefined = 'tags/list'
  for (let page = 0; path !== undefined && page < MOST_PAGES; page++) {
    const { status, next, body } = await client.get(path, { signal })
    if (status !== 200) {
      throw new DeployError('image_missing', `the registry has no ${repository}`, {
        hint: 'push to it first, or check the name under `image:`',
      })
    }
    const { tags } = readAs(Page, body, repository)
    // what is none is no part of a path, and of no line that somebody reads
    names.push(...(tags ?? []).filter((tag) => TAG.test(tag)))
    // only what is asked is taken from it, never another place
    path = next === undefined ? undefined : `tags/list${next}`
  }
  return { names, hasMore: path !== undefined }
}
