import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../../receiver/edges/store/schema.ts'
import { takeStoreOver } from '../../../../receiver/edges/store/upgrade.ts'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-upgrade-'))
  file = join(dir, 'deploy-receiver.db')
})
afterEach(() => rmSync(dir, { recursive: true }))

/** A version that comes up: what it wrote before it was confirmed, and after. */
function runs(version: string, { before, after }: { before?: string; after?: string } = {}) {
  const taken = takeStoreOver(file, version)
  write(before)
  taken.confirm()
  write(after)
  return taken
}

function write(sql = 'SELECT 1') {
  const database = openDatabase(file)
  database.exec(sql)
  database.close()
}

const notes = () => {
  const database = new DatabaseSync(file)
  try {
    return database
      .prepare('SELECT text FROM note')
      .all()
      .map(({ text }) => text)
  } finally {
    database.close()
  }
}
const NOTE = (text: string) => `INSERT INTO note VALUES ('${text}')`
const BROKEN = "DROP TABLE deployments; INSERT INTO note VALUES ('broken')"

const startsWith = (version: string, sql: string) => {
  const taken = takeStoreOver(file, version)
  write(sql)
  return taken
}

beforeEach(() => {
  expect(runs('1.0.0').upgrade).toBeUndefined()
  write(`CREATE TABLE note (text TEXT); ${NOTE('of 1.0.0')}`)
})

test('the same version starts again without a copy', () => {
  expect(runs('1.0.0')).toEqual({ confirm: expect.any(Function) })
  expect(readdirSync(dir).sort()).toEqual(['deploy-receiver.db', 'version'])
})

test('another version begins with a copy for its owner alone, and goes on once it is confirmed', () => {
  const { upgrade } = runs('1.1.0', { after: NOTE('of 1.1.0') })
  expect(upgrade).toEqual({ from: '1.0.0', copy: join(dir, 'store-before-upgrade.db') })
  expect(statSync(upgrade?.copy ?? '').mode & 0o777).toBe(0o600)
  expect(existsSync(join(dir, 'upgrade.json'))).toBe(false)
  expect(runs('1.1.0').upgrade).toBeUndefined()
  expect(notes()).toEqual(['of 1.0.0', 'of 1.1.0'])
})

test('the version before puts back what one left that was never confirmed', () => {
  startsWith('2.0.0', BROKEN)
  const { putBack, upgrade } = runs('1.0.0')
  expect(putBack).toEqual({ from: '1.0.0', to: '2.0.0' })
  expect(upgrade).toBeUndefined()
  expect(notes()).toEqual(['of 1.0.0'])
  expect(runs('1.0.0').putBack).toBeUndefined()
})

test('a format that the version before does not know is gone with the version that made it', () => {
  startsWith('2.0.0', 'PRAGMA user_version = 9999')
  expect(() => write()).toThrow('newer deploy-receiver')
  runs('1.0.0', { after: NOTE('again of 1.0.0') })
  expect(notes()).toEqual(['of 1.0.0', 'again of 1.0.0'])
})

test('a version that was interrupted begins anew, with the store as it was', () => {
  startsWith('2.0.0', BROKEN)
  expect(runs('2.0.0').upgrade?.from).toBe('1.0.0')
  expect(notes()).toEqual(['of 1.0.0'])
})

test('a third version begins with the store of the last one that was confirmed', () => {
  startsWith('2.0.0', BROKEN)
  const { upgrade, putBack } = runs('2.0.1')
  expect([upgrade?.from, putBack?.to]).toEqual(['1.0.0', '2.0.0'])
  expect(notes()).toEqual(['of 1.0.0'])
})

test('what a confirmed version took in stays, when the one before comes back and knows the format', () => {
  runs('1.1.0', { after: NOTE('of 1.1.0') })
  expect(runs('1.0.0').upgrade?.from).toBe('1.1.0')
  expect(notes()).toEqual(['of 1.0.0', 'of 1.1.0'])
})

test('what a process left that was killed, in the log beside the store, is in the copy', () => {
  const killed = new DatabaseSync(file)
  killed.exec(`PRAGMA journal_mode = WAL; ${NOTE('in the log')}`)
  const left = ['', '-wal'].map((end) => [`${file}${end}`, readFileSync(`${file}${end}`)] as const)
  killed.close()
  for (const [name, content] of left) writeFileSync(name, content)
  startsWith('2.0.0', BROKEN)
  runs('1.0.0')
  expect(notes()).toEqual(['of 1.0.0', 'in the log'])
})

/** Each moment of a crash, as what it leaves on disk. */
test.each([
  ['while it copies', (at: At) => writeFileSync(`${at.copy}.new`, 'half of it')],
  [
    'before it is on record that it begins',
    (at: At) => (takeStoreOver(file, '2.0.0'), rmSync(at.begun)),
  ],
  [
    'while it is put back',
    (at: At) => (startsWith('2.0.0', BROKEN), rmSync(`${file}-wal`, { force: true }), at),
  ],
  [
    'after it was put back, before that is on record',
    (at: At) => {
      startsWith('2.0.0', BROKEN)
      takeStoreOver(file, '1.0.0')
      writeFileSync(at.begun, '{"from":"1.0.0","to":"2.0.0"}')
      rmSync(at.copy, { force: true })
    },
  ],
])('after a crash %s, either version has the store as it was', (_, crash) => {
  crash({ copy: join(dir, 'store-before-upgrade.db'), begun: join(dir, 'upgrade.json') })
  for (const version of ['1.0.0', '2.0.0', '1.0.0']) {
    takeStoreOver(file, version)
    expect(notes()).toEqual(['of 1.0.0'])
  }
})
interface At {
  copy: string
  begun: string
}

test('a crash between the two marks of a confirmation takes nothing back', () => {
  runs('2.0.0', { after: NOTE('of 2.0.0') })
  writeFileSync(join(dir, 'upgrade.json'), '{"from":"1.0.0","to":"2.0.0"}')
  runs('2.0.0')
  expect(notes()).toEqual(['of 1.0.0', 'of 2.0.0'])
})

test('a store that another process has is neither copied nor put back', () => {
  startsWith('2.0.0', NOTE('of 2.0.0'))
  const other = openDatabase(file)
  expect(() => takeStoreOver(file, '1.0.0')).toThrow('is in use: another deploy-receiver runs')
  rmSync(join(dir, 'upgrade.json'))
  expect(() => takeStoreOver(file, '3.0.0')).toThrow('is in use: another deploy-receiver runs')
  other.close()
})

test('a store of a version that did not say which one it was is copied, too', () => {
  rmSync(join(dir, 'version'))
  expect(runs('1.1.0').upgrade).toEqual({ from: undefined, copy: expect.any(String) })
})
