import * as v from 'valibot'
import { DeployError } from '../../core/errors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import { MANIFEST_TYPES } from './media-types.ts'
import { signedInClient } from './signed-in.ts'

/** More tags than these are not asked for their digests. */
const MOST_TAGS = 100

const HEAD = { accept: MANIFEST_TYPES, method: 'HEAD' } as const

const Tags = v.object({ tags: v.nullish(v.array(v.string())) })

/**
 * Says as whom a repository is read, and until when, after having read it. Throws `DeployError` when it may not be, or is not
 * there.
 */
export async function examineRepository(
  image: { repository: string; tag: string },
  credentials: Pick<Credentials, 'of'>,
  signal: AbortSignal,
  fetch = globalThis.fetch,
): Promise<string> {
  const { client, known } = await signedInClient(image.repository, credentials, signal, fetch)
  const { status } = await client.get(`manifests/${image.tag}`, { accept: MANIFEST_TYPES, signal })
  const login = known?.login
  const who =
    login === undefined
      ? 'read anonymously'
      : 'username' in login
        ? `signed in as ${login.username} (${known?.from})`
        : `signed in with a token (${known?.from})`
  const until =
    known?.expiresAt === undefined ? '' : `, until ${new Date(known.expiresAt).toISOString()}`
  const tag = status === 200 ? `:${image.tag} is there` : `there is no tag ${image.tag} yet`
  return `${image.repository}: ${who}${until}; ${tag}`
}

/** The tags of a repository with their digests, in the registry's order. Throws `DeployError`. */
export async function listTags(
  repository: string,
  credentials: Pick<Credentials, 'of'>,
  signal: AbortSignal,
  fetch = globalThis.fetch,
): Promise<{ tag: string; digest: string | undefined }[]> {
  const { client } = await signedInClient(repository, credentials, signal, fetch)
  const { status, body } = await client.get('tags/list', { signal })
  if (status !== 200) {
    throw new DeployError('image_missing', `the registry has no ${repository}`, {
      hint: 'push to it first, or check the name under `image:`',
    })
  }
  const tags = v.parse(Tags, JSON.parse(body.toString())).tags ?? []
  const asked: { tag: string; digest: string | undefined }[] = []
  for (const tag of tags.slice(-MOST_TAGS)) {
    const { digest } = await client.get(`manifests/${tag}`, { ...HEAD, signal })
    asked.push({ tag, digest })
  }
  return asked
}

/** The digest that a tag stands for now, by one request that counts as no pull. Throws `DeployError`. */
export async function digestOf(
  { repository, tag }: { repository: string; tag: string },
  credentials: Pick<Credentials, 'of'>,
  signal: AbortSignal,
  fetch = globalThis.fetch,
): Promise<string> {
  const { client } = await signedInClient(repository, credentials, signal, fetch)
  const { status, digest } = await client.get(`manifests/${tag}`, { ...HEAD, signal })
  if (status === 200 && digest !== undefined) return digest
  throw new DeployError('image_missing', `the registry has no ${repository}:${tag}`, {
    hint: 'check that this tag was pushed to this repository',
  })
}
