import { type Image, parseImage } from '../protocol/image-reference.ts'
import { isPushed, isPushedByDigest } from './build-inputs.ts'
import { ActionError } from './error.ts'
import type { Inputs } from './inputs.ts'

/** What a build pushes, and under which name it is deployed. */
export interface PushPlan {
  /** Every reference, `repository:tag`; `repository` alone where it is pushed under its digest. */
  references: readonly string[]
  /** The one that is deployed, once its digest is known. */
  deployed: Image
}

type PlanInputs = Pick<
  Inputs,
  'image' | 'imageGiven' | 'images' | 'tags' | 'outputs' | 'push' | 'call'
>

/**
 * Turns tags into whole references: `names` are tags of each of `images` (without any, of `image`), the input `tags` is references
 * that were written out. They stay as they were written.
 * @throws ActionError `bad_input` for an image with a tag or digest, or tags that are none.
 */
export const planPush = (inputs: PlanInputs, names: readonly string[]): PushPlan => {
  const image = readRepository(inputs.image, 'image')
  const images = inputs.images.length > 0 ? inputs.images : [inputs.image]
  for (const one of inputs.images) readRepository(one, 'images')
  const tagged = [
    ...images.flatMap((one) => names.map((name) => `${one}:${name}`)),
    ...inputs.tags.map(withTag),
  ]
  const references = isPushedByDigest(inputs) ? tagged.map(withoutTag) : tagged
  const whole = references.map((reference) => readReference(reference, 'tags'))
  const deployed =
    whole.find(({ repository }) => repository === image.repository) ??
    (inputs.imageGiven ? undefined : whole[0])
  if (deployed === undefined && isPushed(inputs)) {
    throw new ActionError(
      'bad_input',
      `input ${inputs.images.length > 0 ? 'images' : 'tags'}: none of "${references.join(', ')}" is one of ${inputs.image}`,
      {
        hint: 'Leave image out, or name one of its tags too.',
      },
    )
  }
  return { references: [...new Set(references)], deployed: deployed ?? image }
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

/** @throws ActionError `bad_input` when it is more than a repository. */
function readRepository(text: string, input: string): Image {
  const image = readReference(text, input)
  if (image.tag === undefined && image.digest === undefined) return image
  throw new ActionError('bad_input', `input ${input}: "${text}" names a tag or a digest`, {
    hint: `To build, write the repository alone (${image.repository}) and its tags under tags; to deploy this very image, write build: false.`,
  })
}

const withTag = (reference: string): string =>
  readReference(reference, 'tags').tag === undefined ? `${reference}:latest` : reference

/** A registry's port is no tag. */
const withoutTag = (reference: string): string => reference.replace(/:[^:/]*$/, '')
