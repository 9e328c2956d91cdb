import { createHash } from 'node:crypto'
import { DeployError } from '../../core/errors.ts'
import type { Resolved } from '../../core/ports.ts'
import type { RegistryClient } from './client.ts'
import { HINTS } from './failures.ts'
import { MANIFEST_TYPES } from './media-types.ts'
import type { Asked, ReadRepository } from './reading.ts'
import { ON_THIS_MACHINE } from './proxy.ts'

/** Counts as no pull. */
export const HEAD = { accept: MANIFEST_TYPES, method: 'HEAD' } as const

const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * Says as whom a repository is read, and until when, after having read it. Throws `DeployError` when it may not be, or is not
 * there.
 */
export const examineRepository = (
  { repository, tag }: { repository: string; tag: string },
  read: ReadRepository,
  signal: AbortSignal,
): Promise<string> =>
  read(repository, signal, async (client, asked) => {
    const { status } = await client.get(`manifests/${tag}`, { ...HEAD, signal })
    const found = status === 200 ? `:${tag} is there` : `there is no tag ${tag} yet`
    return `${repository}: ${describe(asked)}; ${found}`
  })

function describe({ known, way }: Asked): string {
  const where = way.isMirror ? ` at the mirror ${way.base}` : ''
  const isOpen = way.base.startsWith('http:') && !ON_THIS_MACHINE.test(new URL(way.base).hostname)
  const open = isOpen ? ', in plain HTTP' : ''
  if (known === undefined) return `read anonymously${where}${open}`
  const { login, from, expiresAt } = known
  const who = 'username' in login ? `as ${login.username}` : 'with a token'
  const until = expiresAt === undefined ? '' : `, until ${new Date(expiresAt).toISOString()}`
  return `signed in ${who} (${from})${until}${open}`
}

/**
 * The digest that a tag stands for now, of a multi-platform image that of its index; `mirror` when only a mirror could be asked,
 * which may be behind. Throws `DeployError`.
 */
export const resolveTag = (
  image: { repository: string; tag: string },
  read: ReadRepository,
  signal: AbortSignal,
): Promise<Resolved> =>
  read(image.repository, signal, async (client, { way }) => {
    const digest = await digestAt(image, client, signal)
    return way.isMirror ? { digest, mirror: way.base } : { digest }
  })

/** As `resolveTag`, but at the registry itself: for what acts on a tag that moved, a mirror that is behind would move it back. */
export const resolveTagThere = (
  image: { repository: string; tag: string },
  read: ReadRepository,
  signal: AbortSignal,
): Promise<string> =>
  read(image.repository, signal, async (client, { way }) => {
    if (way.isMirror) throw new Error('a mirror may be behind')
    return digestAt(image, client, signal)
  })

async function digestAt(
  { repository, tag }: { repository: string; tag: string },
  client: RegistryClient,
  signal: AbortSignal,
): Promise<string> {
  const path = `manifests/${tag}`
  const { status, digest } = await client.get(path, { ...HEAD, signal })
  if (status === 200 && digest !== undefined && DIGEST.test(digest)) return digest
  // what a registry does not say can be counted
  const whole =
    status === 404 ? undefined : await client.get(path, { accept: MANIFEST_TYPES, signal })
  if (whole?.status === 200) {
    return `sha256:${createHash('sha256').update(whole.body).digest('hex')}`
  }
  throw new DeployError('image_missing', `the registry has no ${repository}:${tag}`, {
    hint: HINTS.missing,
  })
}
