import type Docker from 'dockerode'
import { parseImage } from '../../../protocol/image-reference.ts'
import { isMissing, statusOf, translate } from './errors.ts'
import { retryReads } from './retry-reads.ts'

const SHOWN_DIGITS = 12
const PREFIX = 'deploy-receiver-'

/**
 * An image that was pulled by digest has no tag, and `docker image prune` takes it for rubbish. Each app that keeps it gives it
 * one: `deploy-receiver-api-3f2a9c81d04e`, in its own repository, where people find it and nobody else has such a tag.
 */
const tagOf = (app: string, digest: string) =>
  `${PREFIX}${app}-${digest.slice('sha256:'.length).slice(0, SHOWN_DIGITS)}`

/** Digests of a repository that the engine holds. */
export async function imagesOf(docker: Docker, repository: string): Promise<string[]> {
  try {
    const all = await retryReads(() => docker.listImages())
    return all.flatMap(({ RepoDigests }) =>
      (RepoDigests ?? []).flatMap((text) => {
        const known = text.startsWith('<none>') ? undefined : parseImage(text)
        return known?.repository === repository && known.digest !== undefined ? known.digest : []
      }),
    )
  } catch (error) {
    throw translate(error, `cannot list the images of ${repository}`, 'engine_unreachable')
  }
}

export async function keep(
  docker: Docker,
  app: string,
  { repository, digest }: { repository: string; digest: string },
): Promise<boolean> {
  try {
    const image = docker.getImage(`${repository}@${digest}`)
    await image.tag({ repo: repository, tag: tagOf(app, digest) })
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw translate(error, `cannot tag ${repository}@${digest}`, 'engine_unreachable')
  }
}

/** Whether the app keeps an image that was looked at just now. */
export const isKeptFor = (
  app: string,
  { repository, digest }: { repository: string; digest: string },
  { RepoTags }: { RepoTags?: readonly string[] | null },
): boolean =>
  (RepoTags ?? []).some((text) => {
    if (text.startsWith('<none>')) return false
    const known = parseImage(text)
    return known.repository === repository && known.tag === tagOf(app, digest)
  })

export async function removeImages(
  docker: Docker,
  app: string,
  repository: string,
  digests: readonly string[],
): Promise<void> {
  for (const digest of digests) {
    try {
      await remove(docker, `${repository}:${tagOf(app, digest)}`)
      if (await isKept(docker, { repository, digest })) continue
      await remove(docker, `${repository}@${digest}`)
    } catch (error) {
      throw translate(error, `cannot remove ${repository}@${digest}`, 'engine_unreachable')
    }
  }
}

/** Takes one name of an image away, and with its last one the image. One that a container uses stays. */
async function remove(docker: Docker, reference: string): Promise<void> {
  try {
    await docker.getImage(reference).remove()
  } catch (error) {
    // 409: a container uses it
    if (!isMissing(error) && statusOf(error) !== 409) throw error
  }
}

/** Whether an app keeps it. */
async function isKept(
  docker: Docker,
  { repository, digest }: { repository: string; digest: string },
): Promise<boolean> {
  try {
    const image = docker.getImage(`${repository}@${digest}`)
    const { RepoTags } = await retryReads(() => image.inspect())
    return (RepoTags ?? []).some((text) => text.includes(`:${PREFIX}`))
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
