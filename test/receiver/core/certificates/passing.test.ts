import { beforeEach, expect, test } from 'vitest'
import type { StandingCertificate } from '../../../../receiver/core/certificates/certificate.ts'
import {
  type Passing,
  type PassingPorts,
  tidyPassing,
} from '../../../../receiver/core/certificates/passing.ts'
import { createFakeClock } from '../../../support/fakes/clock.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const SITE = 'api--pr-1'
const clock = createFakeClock()
const later = (ms: number) => clock.sleep(ms, new AbortController().signal)
const inDays = (days: number) => new Date(Date.parse(clock.now()) + days * DAY_MS).toISOString()

const record = new Map<string, Passing>()
const disk = new Map<string, StandingCertificate>()
const said: string[] = []
let owner: ReturnType<PassingPorts['ownerOf']>
let forgotten: string[]
let remove: PassingPorts['remove']

beforeEach(() => {
  for (const each of [record, disk]) each.clear()
  said.length = 0
  owner = 'preview'
  forgotten = []
  remove = ({ site }) => void disk.delete(site)
  record.set(SITE, { site: SITE, names: ['api--pr-1.test'] })
  const covers = () => true
  disk.set(SITE, {
    names: [],
    notBefore: clock.now(),
    notAfter: inDays(90),
    fingerprint: '',
    covers,
  })
})

const tidy = () =>
  tidyPassing({
    record: {
      all: () => [...record.values()],
      put: (each) => void record.set(each.site, each),
      forget: (site) => void record.delete(site),
    },
    ownerOf: () => owner,
    read: (site) => disk.get(site),
    keepMs: () => 7 * DAY_MS,
    remove: (each) => remove(each),
    forget: (site) => void forgotten.push(site),
    clock,
    report: (message) => void said.push(message),
  })

test('that of a preview that stands is left alone', async () => {
  await later(80 * DAY_MS)
  tidy()
  expect(record.get(SITE)).not.toHaveProperty('leftAt')
  expect(disk.size).toBe(1)
})

test('that of one that is gone stays for a week, and is there when it comes back', async () => {
  owner = 'nobody'
  tidy()
  await later(6 * DAY_MS)
  tidy()
  expect(disk.size).toBe(1)

  owner = 'preview'
  tidy()
  expect(record.get(SITE)).not.toHaveProperty('leftAt')
  owner = 'nobody'
  await later(6 * DAY_MS)
  tidy()
  expect(disk.size).toBe(1)

  await later(7 * DAY_MS)
  tidy()
  expect([disk.size, record.size, forgotten]).toEqual([0, 0, [SITE]])
  expect(said).toEqual(['certificate of a preview removed'])
})

test('it does not stay beyond half of its life, where somebody would renew it', async () => {
  await later(44 * DAY_MS)
  owner = 'nobody'
  tidy()
  expect(disk.size).toBe(1)
  await later(DAY_MS)
  tidy()
  expect(disk.size).toBe(0)
})

test('where there is none, or nobody can read it, what is left of it goes at once', () => {
  owner = 'nobody'
  disk.clear()
  tidy()
  expect([record.size, said]).toEqual([0, []])
})

test('that of an app that is called so by now is not touched, and on record no more', () => {
  owner = 'app'
  tidy()
  expect([disk.size, record.size]).toEqual([1, 0])
})

test('one that cannot be removed stays on record, and is removed the next time', async () => {
  owner = 'nobody'
  tidy()
  await later(8 * DAY_MS)
  remove = () => {
    throw new Error('EROFS')
  }
  tidy()
  expect([record.size, said]).toEqual([
    1,
    ['the certificate of a preview that is gone stays for now'],
  ])
  remove = ({ site }) => void disk.delete(site)
  tidy()
  expect([disk.size, record.size]).toEqual([0, 0])
})
