import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeFile, replaceFile } from '../../../receiver/edges/durable.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'durable-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a replaced file has the new text and mode, and nothing lies beside it', () => {
  const file = join(directory, 'api.conf')
  writeFileSync(file, 'old', { mode: 0o600 })
  writeFileSync(join(directory, '.api.conf.new'), 'half of it', { mode: 0o600 })
  const before = process.umask(0o077)
  try {
    replaceFile(file, 'new', 0o644)
  } finally {
    process.umask(before)
  }
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(statSync(file).mode & 0o777).toBe(0o644)
  expect(readdirSync(directory)).toEqual(['api.conf'])
})

test('what cannot be replaced stays as it was, and nothing lies beside it', () => {
  const file = join(directory, 'api.conf')
  mkdirSync(file)
  expect(() => replaceFile(file, 'new', 0o644)).toThrow('EISDIR')
  expect(readdirSync(directory)).toEqual(['api.conf'])
})

test('removing a file that is not there is no error', () => {
  const file = join(directory, 'api.conf')
  writeFileSync(file, '')
  removeFile(file)
  removeFile(file)
  expect(readdirSync(directory)).toEqual([])
})
