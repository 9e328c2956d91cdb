import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createUpstreamLinks, type UpstreamLinks } from '../../../receiver/edges/upstream-links.ts'

let data: string
let links: UpstreamLinks
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'links-'))
  links = createUpstreamLinks(data)
})
afterEach(() => rmSync(data, { recursive: true }))

const [BLUE, GREEN, OTHER] = ['10.213.16.2:8000', '10.213.16.3:8000', '10.213.16.3:3000']
/** As Nginx finds it. */
const placeOf = (slot: string) => basename(realpathSync(join(links.folder, `api--pr-1_${slot}`)))
const lead = (blue = BLUE, green = GREEN) => links.lead('api--pr-1', { blue, green })

test('a slot is where its link leads, and nothing is left of where it was', () => {
  lead()
  expect([placeOf('blue'), placeOf('green')]).toEqual([BLUE, GREEN])
  lead(BLUE, OTHER)
  expect([placeOf('blue'), placeOf('green')]).toEqual([BLUE, OTHER])
  expect(readdirSync(links.folder).toSorted()).toEqual([
    BLUE,
    OTHER,
    'api--pr-1_blue',
    'api--pr-1_green',
  ])
})

test('who is not the receiver can follow them, whatever the umask', () => {
  const before = process.umask(0o077)
  lead()
  process.umask(before)
  expect([data, links.folder].map((each) => statSync(each).mode & 0o777)).toEqual([0o711, 0o755])
})

test('an app is found by both of its links, until they go; the folder goes with the last', () => {
  expect(links.has('api--pr-1')).toBe(false)
  expect(links.remove('api--pr-1')).toBe(false)
  lead()
  links.lead('api--pr-2', { blue: '10.213.16.10:80', green: '10.213.16.11:80' })
  expect(links.has('api--pr-1')).toBe(true)
  expect(links.remove('api--pr-1')).toBe(true)
  expect([links.has('api--pr-1'), links.has('api--pr-2')]).toEqual([false, true])
  expect(readdirSync(links.folder).filter((name) => !name.startsWith('10.'))).toEqual([
    'api--pr-2_blue',
    'api--pr-2_green',
  ])
  links.remove('api--pr-2')
  expect(readdirSync(data)).toEqual([])
})

test('what a crash left is made good by the next call', () => {
  lead()
  symlinkSync('nowhere', join(links.folder, '.api--pr-1_green.new'))
  writeFileSync(join(links.folder, '10.213.16.99:1'), '')
  rmSync(join(links.folder, 'api--pr-1_blue'))
  expect(links.has('api--pr-1')).toBe(false)
  lead(BLUE, OTHER)
  expect([placeOf('blue'), placeOf('green')]).toEqual([BLUE, OTHER])
  expect(readdirSync(links.folder)).toHaveLength(4)
})

test('what is there already is not written again', () => {
  lead()
  const before = statSync(links.folder).mtimeMs
  lead()
  expect(statSync(links.folder).mtimeMs).toBe(before)
  expect(readFileSync(join(links.folder, BLUE), 'utf8')).toBe('')
})

test('a name that is no name of an app is no part of a path', () => {
  expect(() => links.lead('../x', { blue: BLUE, green: GREEN })).toThrow(
    /is not the name of an app/,
  )
})

test("a folder that somebody put beside them stays, and is in nobody's way", () => {
  lead()
  mkdirSync(join(links.folder, 'theirs'))
  lead(BLUE, OTHER)
  expect(links.remove('api--pr-1')).toBe(true)
  expect(readdirSync(links.folder)).toEqual(['theirs'])
})
