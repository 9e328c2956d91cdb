import { describe, expect, test } from 'vitest'
import {
  branchPreview,
  calledPreview,
  isPreviewOf,
  LONGEST_APP_WITH_PREVIEWS,
  previewApp,
} from '../../protocol/preview-name.ts'

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

describe('the preview of a branch', () => {
  test.for([
    ['main', 'main'],
    ['fix-2', 'fix-2'],
    ['feature/Sign_in', /^feature-sign-in-[0-9a-f]{8}$/],
    // that of a pull request is another's
    ['pr-42', /^pr-42-[0-9a-f]{8}$/],
    ['feature-sign-in-0a1b2c3d', /^feature-sign-in-0a1b2c3d-[0-9a-f]{8}$/],
    ['-x-', /^x-[0-9a-f]{8}$/],
    ['ветка', /^x-[0-9a-f]{8}$/],
    ['a'.repeat(200), /^a{49}-[0-9a-f]{8}$/],
  ] as const)('%s is %s', ([branch, name]) => {
    if (typeof name === 'string') expect(branchPreview('api', branch)).toBe(name)
    else expect(branchPreview('api', branch)).toMatch(name)
  })

  test('makes a label of DNS with the name of the longest app, and no two are the same', () => {
    const app = 'a'.repeat(LONGEST_APP_WITH_PREVIEWS)
    const branches = [
      'main',
      'a/b',
      'a-b',
      'a_b',
      'A-b',
      'a--b',
      '/',
      '-',
      '.',
      'x'.repeat(70),
      'é',
    ]
    // a branch may be called as another's preview is
    branches.push(...branches.map((branch) => branchPreview(app, branch)))
    const distinct = new Set(branches)
    const names = [...distinct].map((branch) => branchPreview(app, branch))
    for (const name of names) expect(previewApp(app, name)).toMatch(LABEL)
    // what is its own name is its own preview
    expect(new Set(names).size).toBe(distinct.size)
  })
})

test('a preview is called by its name, or by its branch', () => {
  const name = branchPreview('api', 'feature/x')
  expect(calledPreview('api', 'feature/x')).toBe(name)
  expect(calledPreview('api', name)).toBe(name)
  expect(calledPreview('api', 'pr-42')).toBe('pr-42')
})

test('an app of the name of a preview is known', () => {
  expect(isPreviewOf('api--pr-42', 'api')).toBe(true)
  expect(isPreviewOf('api-two', 'api')).toBe(false)
  expect(isPreviewOf('api', 'api')).toBe(false)
})
