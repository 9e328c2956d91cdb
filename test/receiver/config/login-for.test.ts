import { expect, test } from 'vitest'
import { loginFor } from '../../../receiver/config/login-for.ts'
import { load, problems } from './load-text.ts'

const config = load(
  [
    'url: https://d.example',
    'registries:',
    '  ghcr.io: { username: all, password: for-all }',
    '  docker.io: { username: hub, password: for-all }',
    'apps:',
    '  ours: { image: ghcr.io/acme/api }',
    '  theirs:',
    '    image: ghcr.io/other/api',
    '    registries: { ghcr.io: { username: other, password: for-them } }',
    '  web: { image: nginx }',
  ].join('\n'),
)

test.each([
  ['ghcr.io/other/api', 'other'],
  ['ghcr.io/acme/api', 'all'],
  ['docker.io/library/nginx', 'hub'],
  ['registry.example.com/acme/api', undefined],
])('%s is asked for as %s: the login of its app, else that of all', (repository, username) => {
  const logins = { apps: Object.values(config.apps), registries: config.registries }
  expect(loginFor(logins, repository)).toEqual(
    username === undefined ? undefined : expect.objectContaining({ username }),
  )
})

test('two apps of one repository cannot have different logins', () => {
  const text = (registries: string) =>
    [
      'url: https://d.example',
      'apps:',
      '  one: { image: ghcr.io/acme/api }',
      `  other: { image: ghcr.io/acme/api, registries: ${registries} }`,
    ].join('\n')
  expect(problems(text('{ ghcr.io: { username: a, password: b } }'))).toEqual([
    'config.yaml:4:10: apps.other: other has another login than one, which runs ghcr.io/acme/api too; write the same under `registries:` of both',
  ])
  expect(problems(text('{ quay.io: { username: a, password: b } }'))).toEqual([])
})
