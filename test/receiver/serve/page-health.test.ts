import { expect, test } from 'vitest'
import type { AppHealth } from '../../../receiver/core/slots/app-health.ts'
import { createPageHealth } from '../../../receiver/serve/page-health.ts'

const WELL = { containers: 1, running: 1, restarts: 0 } as AppHealth

test('however many look, an engine and an app are asked once within three seconds', async () => {
  let [asked, nowMs] = [0, 0]
  const look = {
    health: async () => (asked++, WELL),
    answer: async () => undefined,
  }
  const health = createPageHealth(look, () => nowMs)
  await Promise.all(Array.from({ length: 100 }, () => health('api')))
  nowMs = 2999
  expect(await health('api')).toEqual(WELL)
  expect(asked).toBe(1)
  nowMs = 3000
  await health('api')
  expect(asked).toBe(2)
})

test('an engine that fails or says nothing keeps no page from being shown', async () => {
  const answer = async () => undefined
  const failing = createPageHealth(
    { health: () => Promise.reject(new Error('away')), answer },
    () => 0,
  )
  expect(await failing('api')).toBeNull()
  const silent = createPageHealth({ health: () => new Promise(() => {}), answer }, () => 0)
  expect(await silent('api')).toBeNull()
})
