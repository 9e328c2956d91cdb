import { expect, test } from 'vitest'
import type { Container } from '../../../../receiver/core/slots/container.ts'
import type { Listener } from '../../../../receiver/core/slots/ports.ts'
import { whereItListens } from '../../../../receiver/core/slots/where-it-listens.ts'
import { APP } from '../../../support/fake-world.ts'

const CONTAINER = { port: 8000, pid: 1 } as Container
const at = (address: string, port: number): Listener => ({ address, port })
const told = (found: readonly Listener[], health: Partial<typeof APP.health> = {}) =>
  whereItListens({ ...APP, health: { ...APP.health, ...health } }, CONTAINER, {
    listeners: ({ pid }) => (pid === 1 ? found : []),
  })

test.each<[string, Listener[]]>([
  ['nothing that can be seen', []],
  ['all addresses', [at('0.0.0.0', 8000)]],
  ['all addresses, and loopback as well', [at('127.0.0.1', 8000), at('::', 8000)]],
  ['an address of its own', [at('10.0.0.2', 8000)]],
])('what listens on %s tells nothing', (_where, found) => {
  expect(told(found)).toBeUndefined()
})

test.each<[Listener[], string]>([
  [[at('127.0.0.1', 8000)], '127.0.0.1:8000'],
  [[at('127.9.9.9', 8000)], '127.9.9.9:8000'],
  [[at('::1', 8000)], '[::1]:8000'],
  [[at('127.0.0.1', 8000), at('::1', 8000)], '127.0.0.1:8000 and [::1]:8000'],
  [[at('127.0.0.1', 8000), at('0.0.0.0', 3000)], '127.0.0.1:8000'],
])('what listens on loopback alone is told to listen elsewhere: %j', (found, shown) => {
  expect(told(found)).toStrictEqual({
    text: `it listens on ${shown} only: listen on 0.0.0.0`,
    hint: expect.stringContaining('HOST=0.0.0.0'),
  })
})

test.each<[Listener[], string]>([
  [[at('0.0.0.0', 3000)], '3000'],
  [[at('0.0.0.0', 3000), at('::', 3000)], '3000'],
  [[at('0.0.0.0', 3000), at('127.0.0.1', 9000)], '3000'],
  [[at('127.0.0.1', 9000)], '127.0.0.1:9000'],
  [[1, 2, 3, 4, 5, 6].map((port) => at('0.0.0.0', port)), [1, 2, 3, 4, 5].join(' and ')],
])('what listens on another port is named, and the key that says so: %j', (found, shown) => {
  expect(told(found)).toStrictEqual({
    text: `it listens on ${shown}, not on 8000`,
    hint: 'set apps.api.port to the port that it listens on',
  })
})

test('the port of the probe counts, when there is one', () => {
  const found = [at('0.0.0.0', 8000)]
  expect(told(found, { port: 8000 })).toBeUndefined()
  expect(told(found, { port: 9000 })).toStrictEqual({
    text: 'it listens on 8000, not on 9000',
    hint: 'set apps.api.health.port to the port that it listens on',
  })
})
