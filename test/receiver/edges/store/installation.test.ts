import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  createInstallation,
  newInstallationId,
} from '../../../../receiver/edges/store/installation.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'installation-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('a store has no id until it takes one, and keeps that for good', () => {
  const file = join(dir, 'x.db')
  const first = openDatabase(file)
  expect(createInstallation(first).id()).toBeUndefined()
  createInstallation(first).take('aa')
  first.close()
  const again = openDatabase(file)
  expect(createInstallation(again).id()).toBe('aa')
  createInstallation(again).take('aa')
  expect(() => createInstallation(again).take('bb')).toThrow('this store is of the installation aa')
  expect(createInstallation(again).id()).toBe('aa')
  again.close()
})

test('no two ids are the same', () => {
  const ids = Array.from({ length: 1000 }, newInstallationId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true)
})
