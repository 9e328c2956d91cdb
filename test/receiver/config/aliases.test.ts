import { isAlias, isMap, isScalar, parseDocument } from 'yaml'
import { expect, test } from 'vitest'
import { aliasesIn } from '../../../receiver/config/aliases.ts'

test('an alias stands for the last node of its anchor before it', () => {
  const document = parseDocument('a: &x 1\nb: *x\nc: &x 2\nd: *x\ne: &y { own: *y }\n')
  const aliases = aliasesIn(document)
  expect([...aliases.values()].map((each) => (isScalar(each) ? each.value : each))).toStrictEqual([
    1,
    2,
    document.get('e', true),
  ])
})

test('it stands for what the library itself finds, and for nothing where nothing stands before it', () => {
  const document = parseDocument('a: *later\nb: &later { k: v }\nc: *later\n')
  if (!isMap(document.contents)) throw new Error('no mapping')
  const all = document.contents.items.flatMap(({ value }) => (isAlias(value) ? [value] : []))
  const aliases = aliasesIn(document)
  expect(all.map((each) => aliases.get(each))).toStrictEqual(
    all.map((each) => each.resolve(document)),
  )
  expect(aliases.size).toBe(1)
})
