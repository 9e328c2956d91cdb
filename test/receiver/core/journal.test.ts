import { expect, test } from 'vitest'
import type { Deployment } from '../../../protocol/deployment.ts'
import { imageOf } from '../../../receiver/core/journal.ts'
import { DIGEST } from '../../support/fake-world.ts'

const stored = (image: Deployment['image']) => ({
  generation: 1,
  standsIn: 1,
  deployment: { id: 'dep_1', image } as Deployment,
})

test('what a deployment runs is its repository and digest, and nothing before that is known', () => {
  const image = { repository: 'ghcr.io/acme/api', tag: 'latest' }
  expect(imageOf(stored({ ...image, digest: DIGEST.one }))).toStrictEqual({
    repository: 'ghcr.io/acme/api',
    digest: DIGEST.one,
  })
  expect(() => imageOf(stored(image))).toThrow('dep_1 has no digest yet')
})
