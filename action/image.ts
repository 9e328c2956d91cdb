import { type Image, formatImage, parseImage } from '../protocol/image-reference.ts'
import { ActionError } from './error.ts'
import type { Inputs } from './inputs.ts'

/** What a build pushes, and under which name it is deployed. */
export interface PushPlan {
  /** Every reference to push, `repository:tag`. */
  references: readonly string[]
  /** The one that is deployed, once its digest is known. */
  deployed: Image & { tag: string }
}

/**
 * Turns the input `tags` (or `fallback`) into whole references: a bare tag is one of `image`, anything with a slash or
 * a colon is a reference of its own.
 * @throws ActionError `bad_input` for an image with a tag or digest, or tags that are none.
 */
export const planPush = (
  inputs: Pick<Inputs, 'image' | 'imageGiven' | 'tags'>,
  fallback: readonly string[],
): PushPlan => {
  const image = readReference(inputs.image, 'image')
  if (image.tag !== undefined || image.digest !== undefined) {
    throw new ActionError('bad_input', `input image: "${inputs.image}" names a tag or a digest`, {
      hint: `To build, write the repository alone (${image.repository}) and its tags under tags; to deploy this very image, write build: false.`,
    })
  }
  const tags = inputs.tags.length > 0 ? inputs.tags : fallback
  const references = tags.map((tag) => wholeReference(tag, image))
  const deployed =
    references.find(({ repository }) => repository === image.repository) ??
    (inputs.imageGiven ? undefined : references[0])
  if (deployed === undefined) {
    throw new ActionError(
      'bad_input',
      `input tags: none of "${tags.join(', ')}" is one of ${inputs.image}`,
      {
        hint: 'Leave image out, or name one of its tags too.',
      },
    )
  }
  return {
    references: references.map(({ repository, tag }) => formatImage({ repository, tag })),
    deployed,
  }
}

/** @throws ActionError `bad_input` when it is no reference. */
export const readReference = (text: string, input: string): Image => {
  try {
    return parseImage(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ActionError('bad_input', `input ${input}: ${why}`, {
      hint: 'Write registry/repository, with :tag or @sha256:… where one belongs: ghcr.io/acme/api. Repositories are lower-case.',
      cause,
    })
  }
}

function wholeReference(text: string, image: Image): Image & { tag: string } {
  if (/^\w[\w.-]{0,127}$/.test(text)) return { ...image, tag: text }
  const reference = readReference(text, 'tags')
  return { ...reference, tag: reference.tag ?? 'latest' }
}
