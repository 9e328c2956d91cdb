import { expect, test } from 'vitest'
import { withKnownFacts } from '../../../../receiver/core/image/known-facts.ts'
import { createFakeWorld } from '../../../support/fake-world.ts'

const repository = 'ghcr.io/acme/api'

test('an image is asked once how it is run, and again when so many others were asked since', async () => {
  const asked: string[] = []
  const { images } = createFakeWorld().ports
  const facts = { ports: [8000], volumes: [] }
  const known = withKnownFacts({
    ...images,
    async image({ digest }) {
      asked.push(digest)
      if (digest === 'gone') throw new Error('no such image')
      return facts
    },
  })
  const ask = (digest: string) => known.image({ repository, digest })
  expect(await ask('one')).toBe(facts)
  expect(await ask('one')).toBe(facts)
  expect(asked).toEqual(['one'])
  // what cannot be told now may be the next time
  await expect(ask('gone')).rejects.toThrow('no such image')
  await expect(ask('gone')).rejects.toThrow('no such image')
  expect(asked).toEqual(['one', 'gone', 'gone'])
  for (let other = 0; other < 200; other++) await ask(String(other))
  await ask('one')
  expect(asked.at(-1)).toBe('one')
})
