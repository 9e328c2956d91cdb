import type { Registry } from '../../core/image/registry.ts'
import { layersOf, platformsOf } from './layers.ts'
import type { ReadRepository } from './reading.ts'
import { resolveTag } from './repository.ts'

/** Registries as the reconciler's `Registry`. */
export const createRegistry = (read: ReadRepository): Registry => ({
  resolve: (image, signal) => resolveTag(image, read, signal),
  layers: (image, platform, signal) => layersOf(image, platform, read, signal),
  platforms: (image, signal) => platformsOf(image, read, signal),
})
