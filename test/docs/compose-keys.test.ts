import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PASSED_OVER, REFUSED } from '../../receiver/config/compose-keys.ts'
import { DOCKER_KEYS } from '../../receiver/config/engines/docker.ts'
import { rowsBelow } from './rows-below.ts'
import KEYS from '../vectors/compose-spec/service-keys.json' with { type: 'json' }

const text = readFileSync(join(import.meta.dirname, '../../docs/compose-keys.md'), 'utf8')

const taken = rowsBelow(text, 'Taken').flatMap(([keys = '']) =>
  [...keys.matchAll(/`(\w+)`/g)].map(([, key = '']) => key),
)

test("docs/compose-keys.md has every key of Compose's service once, and no other", () => {
  const others = [...Object.keys(PASSED_OVER), ...Object.keys(REFUSED)]
  expect([...taken, ...others].toSorted()).toEqual(KEYS.toSorted())
})

test('docs/compose-keys.md calls taken what an app has', () => {
  expect(taken.filter((key) => key !== 'image' && !DOCKER_KEYS.includes(key))).toEqual([])
})

test('docs/compose-keys.md gives the lines that check prints', () => {
  expect(rowsBelow(text, 'Passed over')).toEqual(
    Object.entries(PASSED_OVER).map(([key, why]) => [`\`${key}\``, why]),
  )
  expect(rowsBelow(text, 'Refused')).toEqual(
    Object.entries(REFUSED).map(([key, { why, remedy }]) => [`\`${key}\``, why, remedy]),
  )
})
