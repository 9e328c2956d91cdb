import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPulledImages } from '../../../../receiver/edges/compose/pulled-images.ts'

let data: string
beforeEach(() => (data = mkdtempSync(join(tmpdir(), 'pulled-images-'))))
afterEach(() => rmSync(data, { recursive: true }))

test('what was pulled for previews is known after a restart, until it is forgotten', () => {
  const pulled = createPulledImages(data)
  expect(pulled.all()).toEqual([])
  pulled.forget('postgres:16')
  for (const each of ['postgres:16', 'redis:7', 'postgres:16']) pulled.add(each)
  expect(createPulledImages(data).all()).toEqual(['postgres:16', 'redis:7'])
  pulled.forget('postgres:16')
  expect(createPulledImages(data).all()).toEqual(['redis:7'])
  pulled.forget('redis:7')
  expect(existsSync(join(data, 'compose/pulled-images.json'))).toBe(false)
})

test('a list that somebody spoilt is none: nothing is removed that may be needed', () => {
  createPulledImages(data).add('redis:7')
  writeFileSync(join(data, 'compose/pulled-images.json'), '{')
  expect(createPulledImages(data).all()).toEqual([])
})
