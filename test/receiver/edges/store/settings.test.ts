import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Settings, settingsOf } from '../../../../receiver/core/app.ts'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { createSettingsVault, settingsKey } from '../../../../receiver/edges/store/settings.ts'
import { APP } from '../../../support/fake-world.ts'

const KEY = Buffer.alloc(32, 1)
const settings = (environment: Record<string, string>): Settings =>
  settingsOf({ ...APP, container: { ...APP.container, environment } })

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-settings-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('equal settings are kept once, in whatever order they are written', () => {
  const vault = createSettingsVault(openDatabase(':memory:'), KEY)
  const number = vault.keep(settings({ A: 'a', B: 'b' }))
  expect(vault.keep(settings({ B: 'b', A: 'a' }))).toBe(number)
  expect(vault.keep(settings({ A: 'b', B: 'a' }))).not.toBe(number)
  expect(vault.read(number)).toEqual(settings({ A: 'a', B: 'b' }))
})

test('another key, or a byte that was changed, reads nothing', () => {
  const database = openDatabase(':memory:')
  const number = createSettingsVault(database, KEY).keep(settings({ A: 'a' }))
  expect(createSettingsVault(database, Buffer.alloc(32, 2)).read(number)).toBeUndefined()
  expect(createSettingsVault(database, KEY).read(number)).toBeDefined()
  const { sealed } = database.prepare('SELECT sealed FROM settings').get() as { sealed: Uint8Array }
  sealed[40] = (sealed[40] ?? 0) ^ 1
  database.prepare('UPDATE settings SET sealed = ?').run(sealed)
  expect(createSettingsVault(database, KEY).read(number)).toBeUndefined()
  expect(createSettingsVault(database, KEY).read(99)).toBeUndefined()
})

test('the key is made once, for its owner alone', () => {
  const file = join(dir, 'settings.key')
  const key = settingsKey(file)
  expect(key).toHaveLength(32)
  expect(settingsKey(file)).toEqual(key)
  expect(readFileSync(file)).toEqual(key)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('a key that was cut short is named, with what to do', () => {
  const file = join(dir, 'settings.key')
  writeFileSync(file, 'short')
  expect(() => settingsKey(file)).toThrow(
    `${file} has 5 bytes, not 32: put the right one back, or remove it`,
  )
})
