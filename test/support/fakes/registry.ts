import { DeployError } from '../../../receiver/core/errors.ts'
import type { Layer, Registry } from '../../../receiver/core/image/registry.ts'
import { type Note, unnoted } from './note.ts'

/** An image has its layers, or, when it is for several platforms, those of each (`linux/arm64`). */
export type FakeImage =
  { layers: readonly Layer[] } | { platforms: Readonly<Record<string, readonly Layer[]>> }

export interface FakeRegistry {
  registry: Registry
  /** Digests by `repository:tag`. */
  tags: Map<string, string>
  /** What is there, by `repository@digest`. */
  images: Map<string, FakeImage>
  /** How it receives whoever asks. */
  mood: { value: 'answers' | 'away' | 'refuses' }
  /** An image that is asked for, as a pull asks. Throws `DeployError`. */
  find(image: { repository: string; digest: string }): FakeImage
}

/** A registry in memory. `otherwise` is what an image is that is not among `images`; without it there is none. */
export function createFakeRegistry({
  note = unnoted,
  otherwise,
}: {
  note?: Note
  otherwise?: () => FakeImage
} = {}): FakeRegistry {
  const tags = new Map<string, string>()
  const images = new Map<string, FakeImage>()
  const mood: FakeRegistry['mood'] = { value: 'answers' }

  const receive = (repository: string) => {
    if (mood.value === 'away') {
      throw new DeployError('registry_unreachable', `cannot read ${repository}: connection refused`)
    }
    if (mood.value === 'refuses') {
      throw new DeployError('registry_denied', `the registry does not let us read ${repository}`)
    }
  }
  const missing = (reference: string) =>
    new DeployError('image_missing', `the registry has no ${reference}`)
  const find: FakeRegistry['find'] = ({ repository, digest }) => {
    receive(repository)
    const image = images.get(`${repository}@${digest}`) ?? otherwise?.()
    if (image === undefined) throw missing(`${repository}@${digest}`)
    return image
  }

  return {
    tags,
    images,
    mood,
    find,
    registry: {
      async resolve({ repository, tag }, signal) {
        note('resolve', tag)
        signal.throwIfAborted()
        receive(repository)
        const digest = tags.get(`${repository}:${tag}`)
        if (digest === undefined) throw missing(`${repository}:${tag}`)
        return digest
      },
      async layers(image, asked, signal) {
        signal.throwIfAborted()
        const found = find(image)
        if ('layers' in found) return [...found.layers]
        const platform = await asked
        if (platform === undefined) return []
        const { os, architecture } = platform
        const layers = found.platforms[`${os}/${architecture}`]
        if (layers !== undefined) return [...layers]
        throw new DeployError('platform_missing', `it was not built for ${os}/${architecture}`)
      },
      async platforms(image, signal) {
        signal.throwIfAborted()
        const found = find(image)
        const names = 'layers' in found ? [] : Object.keys(found.platforms)
        // attestations beside an image have no platform
        return names.filter((name) => !name.startsWith('unknown/'))
      },
    },
  }
}
