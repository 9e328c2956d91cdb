import { expect, test } from 'vitest'
import { loginFor } from '../../../receiver/config/login-for.ts'
import { load } from './load-text.ts'

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
  expect(loginFor(config, repository)).toEqual(
    username === undefined ? undefined : expect.objectContaining({ username }),
  )
})
