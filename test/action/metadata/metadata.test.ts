import { expect, test } from 'vitest'
import { parseFlavor } from '../../../action/metadata/flavor.ts'
import { readMetadata } from '../../../action/metadata/metadata.ts'
import { contextOf } from '../context-of.ts'

test('expressions are filled in once: what a branch is called is none', async () => {
  const given = ['from={{branch}}', 'org.opencontainers.image.title={{branch}}']
  const { labels, annotations, builtAnnotations } = await readMetadata(
    {
      tags: [],
      tagRules: [],
      flavor: parseFlavor([]),
      labels: given,
      annotations: [...given, 'index:from={{branch}}'],
      tagContext: 'workflow',
    },
    contextOf({ ref: 'refs/heads/{{sha}}-{{banana}}' }),
    {
      env: {},
      now: new Date('2026-02-03T22:05:06Z'),
      readCheckout: () => Promise.reject(new Error('nothing is checked out')),
      readCommitDate: () => Promise.resolve(undefined),
    },
  )
  const filled = ['from={{sha}}-{{banana}}', 'org.opencontainers.image.title={{sha}}-{{banana}}']
  expect(labels).toEqual(expect.arrayContaining(filled))
  expect(annotations).toEqual(
    expect.arrayContaining([
      ...filled.map((one) => `manifest:${one}`),
      'index:from={{sha}}-{{banana}}',
    ]),
  )
  expect(builtAnnotations).toEqual([...filled, 'index:from={{sha}}-{{banana}}'])
})
