import { expect, test } from 'vitest'
import { type AppThere, driftOf, lookAtFleet } from '../../../../receiver/core/fleet/fleet.ts'

const app = (digest?: string, name = 'api'): AppThere => ({
  name,
  ...(digest === undefined ? {} : { live: { digest } }),
  lastFailed: false,
})
const look = (own: AppThere[], others: Record<string, AppThere[] | Error>) =>
  lookAtFleet({
    own: { url: 'https://a.test', apps: () => own },
    others: Object.keys(others).map((url) => ({ url, readToken: '' })),
    async ask({ url }) {
      const found = others[url] ?? []
      if (found instanceof Error) throw found
      return found
    },
  })

test.for<[string, AppThere[], Record<string, AppThere[] | Error>, string[]]>([
  ['the same', [app('sha256:1')], { 'https://b.test': [app('sha256:1')] }, []],
  ['its own entry', [app('sha256:1')], { 'https://a.test': new Error('not asked') }, []],
  [
    'another digest',
    [app('sha256:1')],
    { 'https://b.test': [app('sha256:2')] },
    ['api: 2 digests run'],
  ],
  [
    'nothing there',
    [app('sha256:1'), app('sha256:9', 'web')],
    { 'https://b.test': [app()], 'https://c.test': [app('sha256:1')] },
    ['api: nothing of it is live at b.test', 'web: nothing of it is live at b.test, c.test'],
  ],
  [
    'nobody there',
    [app('sha256:1')],
    { 'https://b.test': new Error('no answer within 10 s') },
    ['b.test could not be asked: no answer within 10 s'],
  ],
  ['nothing anywhere', [app()], { 'https://b.test': [app()] }, []],
])('what is to be said of %s', async ([, own, others, said]) => {
  expect(driftOf(await look(own, others))).toEqual(said)
})
