import type { ImageFacts, ImageStore } from './image-store.ts'

/** More than a machine's apps ask for between two deployments. */
const MOST = 200

/** The same images, each asked once how it is run, whatever it was asked for: a deployment wants to know it five times, and it never changes. */
export function withKnownFacts(images: ImageStore): ImageStore {
  const known = new Map<string, ImageFacts>()
  const note = (
    { repository, digest }: { repository: string; digest: string },
    facts: ImageFacts,
  ) => {
    known.set(`${repository}@${digest}`, facts)
    for (const oldest of known.keys()) {
      if (known.size <= MOST) break
      known.delete(oldest)
    }
    return facts
  }
  return {
    ...images,
    image: async (image) =>
      known.get(`${image.repository}@${image.digest}`) ?? note(image, await images.image(image)),
    async held(app, image) {
      const held = await images.held(app, image)
      if (held !== undefined) note(image, held.facts)
      return held
    },
    async pull(image, options) {
      const pulled = await images.pull(image, options)
      note(image, pulled.facts)
      return pulled
    },
  }
}
