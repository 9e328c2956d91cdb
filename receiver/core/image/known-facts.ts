import type { ImageFacts, ImageStore } from './image-store.ts'

/** More than a machine's apps ask for between two deployments. */
const MOST = 200

/** The same images, each asked once how it is run: a deployment asks five times, and what a digest stands for never changes. */
export function withKnownFacts(images: ImageStore): ImageStore {
  const known = new Map<string, ImageFacts>()
  return {
    ...images,
    async image(image) {
      const reference = `${image.repository}@${image.digest}`
      const facts = known.get(reference) ?? (await images.image(image))
      known.set(reference, facts)
      for (const oldest of known.keys()) {
        if (known.size <= MOST) break
        known.delete(oldest)
      }
      return facts
    },
  }
}
