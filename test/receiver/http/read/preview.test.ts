import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Preview } from '../../../../receiver/core/previews/preview.ts'
import { makeLink } from '../../../../receiver/http/page/credentials.ts'
import { describePreview } from '../../../../receiver/http/read/describe-preview.ts'
import { APP } from '../../../support/fake-world.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'

const HOUR_MS = 60 * 60 * 1000
const WEEK_MS = 7 * 24 * HOUR_MS
const preview: Preview = {
  app: 'api--pr-1',
  of: 'api',
  madeAt: '2026-01-01T00:00:00.000Z',
  deployedAt: '2026-01-02T00:00:00.000Z',
}

test.for([
  ['its last deployment and ttl', {}, WEEK_MS, '2026-01-09T00:00:00.000Z', 'ttl'],
  ['nothing, with a ttl of 0', {}, 0, null, null],
  [
    'the look after the one that found its pull request closed',
    { closedSince: '2026-01-03T06:00:00.000Z' },
    WEEK_MS,
    '2026-01-04T06:00:00.000Z',
    'closed',
  ],
  [
    'its ttl, where that is over before that look',
    { closedSince: '2026-01-08T12:00:00.000Z' },
    WEEK_MS,
    '2026-01-09T00:00:00.000Z',
    'ttl',
  ],
  [
    'its removal',
    { leavesSince: '2026-01-02T01:00:00.000Z' },
    WEEK_MS,
    '2026-01-02T01:00:00.000Z',
    'removal',
  ],
] as const)('a preview goes by %s', ([, more, ttlMs, at, by]) => {
  expect(describePreview({ ...preview, ...more }, ttlMs)).toMatchObject({
    goes_at: at,
    goes_by: by,
  })
})

let world: HttpWorld
beforeAll(async () => {
  world = await startHttpWorld()
  const api = world.services.apps.get('api')
  if (api === undefined) throw new Error('there is no api')
  const spec = { ...APP, name: 'api--pr-1' }
  world.services.apps = new Map([
    ['api', { ...api, previews: { max: 1, ttlMs: WEEK_MS, specOf: () => spec } }],
    ['api--pr-1', { ...api, spec }],
  ])
  const now = new Date(world.clock.ms).toISOString()
  world.services.previews.record.put({ ...preview, deployedAt: now, closedSince: now })
})
afterAll(() => world.stop())

test('one that outlived its pull request says so, and when it goes, to programs and on the page', async () => {
  const later = (ms: number) => new Date(world.clock.ms + ms).toISOString()
  const read = async (app: string) => (await world.local.request(`/apps/${app}`)).json()
  expect(await read('api')).toMatchObject({ preview: null })
  expect(await read('api--pr-1')).toMatchObject({
    preview: {
      of: 'api',
      made_at: preview.madeAt,
      deployed_at: later(0),
      closed_since: later(0),
      goes_at: later(24 * HOUR_MS),
      goes_by: 'closed',
    },
  })

  const host = 'localhost:9081'
  const headers = { host, origin: `http://${host}` }
  const body = new URLSearchParams({
    link: makeLink({ name: 'ada', role: 'reader' }, world.services),
  })
  const entry = await world.admin.request(`http://${host}/page/login`, {
    method: 'POST',
    headers,
    body,
  })
  const cookie = entry.headers.get('set-cookie')?.split(';')[0] ?? ''
  for (const path of ['/page/apps', '/page/apps/api--pr-1']) {
    const page = await world.admin.request(`http://${host}${path}`, { headers: { host, cookie } })
    const text = (await page.text()).replaceAll(/\s+/g, ' ')
    expect(text).toContain('its pull request is closed')
    expect(text).toContain('>in 1 d<')
    if (path.endsWith('pr-1')) expect(text).toContain('/hooks/api</code> with')
  }
})
