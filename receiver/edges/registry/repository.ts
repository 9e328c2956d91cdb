import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { DeployError } from '../../core/errors.ts'
import { REGISTRY_HINTS } from '../../core/image/registry.ts'
import { MANIFEST_TYPES, readAs, type RegistryClient } from './client.ts'
import type { Asked, ReadRepository } from './reading.ts'
import { ON_THIS_MACHINE } from './proxy.ts'

/** Counts as no pull. */
export const HEAD = { accept: MANIFEST_TYPES, method: 'HEAD' } as const

/** All of them have it, of whatever kind. */
const Manifest = v.object({ schemaVersion: v.number() })

const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * Says as whom a repository is read, and until when, after having read it. Throws `DeployError` when it may not be, or when
 * `isLive` and the repository is gone.
 */
export const lookAtRepository = (
  image: { repository: string; tag: string },
  { isLive, read, signal }: { isLive: boolean; read: ReadRepository; signal: AbortSignal },
): Promise<string> =>
  read(image.repository, signal, async (client, asked) => {
    const digest = await digestAt(image, client, signal)
    const found =
      digest === undefined ? `there is no tag ${image.tag} yet` : `:${image.tag} is there`
    const isGone =
      digest === undefined && (await client.get('tags/list', { signal })).status === 404
    const { repository } = image
    if (isGone && isLive) {
      throw new DeployError('image_missing', `the registry has no ${repository} any more`, {
        hint: 'check the name under `image:`, and that the repository was not deleted',
      })
    }
    const seen = isGone ? 'the registry has no such repository yet' : found
    return `${repository}: ${describe(asked, client.isSignedIn())}; ${seen}`
  })

function describe({ known, route }: Asked, isSignedIn: boolean): string {
  const isOpen =
    route.base.startsWith('http:') && !ON_THIS_MACHINE.test(new URL(route.base).hostname)
  const open = isOpen ? ', in plain HTTP' : ''
  if (known === undefined) return `read anonymously${open}`
  const { login, from, expiresAt } = known
  const who = 'username' in login ? `as ${login.username}` : 'with a token'
  if (!isSignedIn) return `open to all, the login ${who} (${from}) was not asked for${open}`
  const until = expiresAt === undefined ? '' : `, until ${new Date(expiresAt).toISOString()}`
  return `signed in ${who} (${from})${until}${open}`
}

/** The digest that a tag stands for now, of a multi-platform image that of its index. Throws `DeployError`. */
export const resolveTag = (
  image: { repository: string; tag: string },
  read: ReadRepository,
  signal: AbortSignal,
): Promise<string> =>
  read(image.repository, signal, async (client) => {
    const digest = await digestAt(image, client, signal)
    if (digest !== undefined) return digest
    throw new DeployError('image_missing', `the registry has no ${image.repository}:${image.tag}`, {
      hint: REGISTRY_HINTS.missing,
    })
  })

/** `undefined` when there is no such tag. */
async function digestAt(
  { repository, tag }: { repository: string; tag: string },
  client: RegistryClient,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = `manifests/${tag}`
  const { status, digest } = await client.get(path, { ...HEAD, signal })
  if (status === 404) return undefined
  if (digest !== undefined && DIGEST.test(digest)) return digest
  // what a registry does not say can be counted
  const whole = await client.get(path, { accept: MANIFEST_TYPES, signal })
  if (whole.status === 404) return undefined
  readAs(Manifest, whole.body, repository)
  return `sha256:${createHash('sha256').update(whole.body).digest('hex')}`
}
