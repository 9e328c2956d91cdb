import { expect, test } from 'vitest'
import { fileFailure, whyNoFile } from '../../../receiver/core/file-failure.ts'

const of = (code: string) => fileFailure('/etc/x', Object.assign(new Error('raw'), { code }))

test.for([
  ['EACCES', 'is not open to this user', 'sudo chown USER /etc/x'],
  ['EPERM', 'is not open to this user', 'sudo'],
  ['ENOENT', 'is not there', 'create it'],
  ['EISDIR', 'is a directory', 'name the file'],
  ['ENOTDIR', 'a part of that path is a file', 'correct the path'],
  ['ELOOP', 'is a link', 'put the file itself there'],
  ['EROFS', 'mounted read-only', 'ReadWritePaths='],
  ['ENOSPC', 'the disk is full', 'df -h'],
] as const)('%s names the file and the remedy', ([code, message, hint]) => {
  expect(of(code)?.message).toContain(message)
  expect(of(code)?.message).toMatch(/^\/etc\/x /)
  expect(of(code)?.hint).toContain(hint)
})

test('an error of anything else has its own words', () => {
  for (const error of [new Error('raw'), undefined, { code: 13 }, { code: 'toString' }]) {
    expect(fileFailure('/etc/x', error)).toBeUndefined()
  }
  expect(whyNoFile('/etc/x', new Error('raw'))).toBe('raw')
  expect(whyNoFile('/etc/x', { code: 'ENOENT' })).toBe('/etc/x is not there')
})
