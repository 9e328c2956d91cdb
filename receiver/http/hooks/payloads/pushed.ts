import { ImageReferenceError, parseImage } from '../../../../protocol/image-reference.ts'
import { shorten } from '../../../core/shorten.ts'

/** What a registry or GitHub says happened. Only names are taken from it; none of its URLs is ever called. */
export type Said =
  | { kind: 'pushed'; repository: string; tag: string }
  | { kind: 'ping' }
  | { kind: 'ignored'; reason: string }

/** A push of `tag` to `host/path`, if these make a reference. */
export function pushed(name: string, tag: string | undefined): Said {
  if (tag === undefined || tag === '') {
    return { kind: 'ignored', reason: `the push of ${quote(name)} names no tag` }
  }
  try {
    const image = parseImage(`${name}:${tag}`)
    return { kind: 'pushed', repository: image.repository, tag }
  } catch (error) {
    if (!(error instanceof ImageReferenceError)) throw error
    return { kind: 'ignored', reason: `what was pushed has no usable name: ${error.message}` }
  }
}

/** A text of a stranger's, short and safe to print. */
export const quote = (text: string): string => JSON.stringify(shorten(text, 200))
