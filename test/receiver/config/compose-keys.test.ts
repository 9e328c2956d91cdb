import { expect, test } from 'vitest'
import { PASSED_OVER, REFUSED } from '../../../receiver/config/compose-keys.ts'
import { notices, problems, warnings, withApp, withLines } from './load-text.ts'

test.for(Object.entries(PASSED_OVER))(
  '%s of a Compose file is passed over, with a line that says why',
  ([key, why]) => {
    const text = withApp(`${key}: [x]`)
    const said = [`config.yaml:5:${key.length + 7}: apps.api.${key}: passed over: ${why}`]
    expect(notices(text)).toEqual(said)
    expect(warnings(text)).toEqual([])
  },
)

test.for(Object.entries(REFUSED))(
  '%s of a Compose file is refused, with why and what to do',
  ([key, { why, remedy }]) => {
    expect(problems(withApp(`${key}: host`))).toEqual([
      `config.yaml:5:${key.length + 7}: apps.api.${key}: ${why}; ${remedy}`,
    ])
  },
)

test.for(['ports: []', 'ports:', 'extends:', 'network_mode: bridge', 'use_api_socket: false'])(
  '%s asks for nothing, and nothing is said of it',
  (line) => {
    expect(notices(withApp(line))).toEqual([])
  },
)

test('keys that begin with x- are for whoever writes the file, at every depth', () => {
  const lines = ['x-base: &base { LOG: info }', 'apps:', '  api:', '    image: ghcr.io/acme/api']
  const text = ['url: https://d.example', ...lines, '    x-note: [1]'].join('\n')
  expect(
    notices(`${text}\n    environment: *base\n    logging: { driver: local, x-a: 1 }`),
  ).toEqual([])
})

test('a key that is near to no known one gets the nearest few, not all of them', () => {
  expect(problems(withApp('memory: 1g'))).toEqual([
    'config.yaml:5:5: apps.api.memory: unknown key "memory"; the nearest are mem_limit, memswap_limit, mem_reservation; docs/config.md has all',
  ])
  expect(problems(withLines('xyz: 1'))[0]).toMatch(/; the nearest are (?:\w+, ){2}\w+; docs/)
})
