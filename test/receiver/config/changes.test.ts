import { expect, test } from 'vitest'
import { changesOf } from '../../../receiver/config/changes.ts'
import { load } from './load-text.ts'

test('what a reload changes is named as the file has it', () => {
  const config = (more: string, app = '') =>
    load(`url: https://d.example\n${more}\napps: { api: { image: ghcr.io/acme/api${app} } }`)
  const changes = changesOf(
    config(''),
    config('log_level: debug\ntrusted_proxies: [10.0.0.1]', ', keep: 3'),
  )
  expect(changes.changed).toEqual(['api'])
  expect(changes.keys).toEqual(expect.arrayContaining(['trusted_proxies', 'log_level']))
})
