import type { Deployment } from '../../protocol/deployment.ts'
import { shortDigest } from '../../protocol/image-reference.ts'

/** Tag, if there is one, and the first digits of the digest: as many as a rollback takes. */
export function imageOf({ image: { tag, digest } }: Pick<Deployment, 'image'>): string {
  return [tag, digest && shortDigest(digest)].filter((part) => part !== undefined).join(' ') || '-'
}

/** A text for people, its digests as short as that. */
export const withShortDigests = (text: string): string =>
  text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1')
