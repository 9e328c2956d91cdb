import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect, test, vi } from 'vitest'
import { readPeerCases } from './peer-arguments.ts'

/** Cases that give something else here, each on purpose. docs/action.md tells users. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'getArgs 17':
    'provenance is asked for: a buildx before 0.10 says that it cannot, and is not passed over',
  'getArgs 28': 'annotations are asked for: the same of a buildx before 0.12',
  'getArgs 30':
    'outputs would push beside push: false, which is refused, for it says that nothing is',
}

test('docker/build-push-action’s cases give the same here, but for what differs on purpose', () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const cases = readPeerCases()
  said.mockRestore()
  const different = cases.filter(({ ours, theirs }) => !isDeepStrictEqual(ours, theirs))
  expect(different.filter(({ name }) => !(name in DIFFERENT))).toEqual([])
  expect(different.map(({ name }) => name)).toEqual(Object.keys(DIFFERENT))
  const docs = readFileSync(join(import.meta.dirname, '../../docs/action.md'), 'utf8')
  expect(docs).toContain(`${cases.length - different.length} of ${cases.length}`)
})
