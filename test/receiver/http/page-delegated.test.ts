import { expect, test } from 'vitest'
import type { Deployment } from '../../../protocol/deployment.ts'
import { possible } from '../../../receiver/http/page/app.ts'
import { type AppLine, stateOf } from '../../../receiver/http/page/apps.ts'

const live: Deployment = {
  id: 'dep_1',
  app: 'api',
  action: 'deploy',
  status: 'succeeded',
  image: { repository: 'registry.example/acme/api', digest: `sha256:${'1'.repeat(64)}` },
  source: {},
  created_at: '2026-01-01T00:00:00Z',
  steps: [],
}

const line = (engine: AppLine['engine'], health: AppLine['health']): AppLine => ({
  name: 'api',
  engine,
  image: { repository: live.image.repository, tag: 'latest' },
  domains: [],
  hook: '',
  accepts: [],
  live,
  current: null,
  last: live,
  on_hold: [],
  volumes: [],
  maintenance_since: null,
  stopped_since: null,
  awaits_data: [],
  drift: null,
  no_https: null,
  traffic: null,
  preview: null,
  previews_broken: null,
  project: null,
  health,
})
const running = (count: number, of: number) => ({ containers: of, running: count, restarts: 0 })

test.for([
  ['swarm', running(3, 3), 'live'],
  ['swarm', running(2, 3), '2 of 3 run'],
  ['swarm', running(0, 3), 'down'],
  ['swarm', running(0, 0), 'scaled to 0'],
  ['docker', running(0, 0), 'down'],
  ['swarm', null, 'the swarm does not say'],
  ['docker', null, 'Docker does not say'],
] as const)('an app by %s of which %o is told as %s', async ([engine, health, said]) => {
  expect(String(await stateOf(line(engine, health)))).toContain(`>${said}<`)
})

test('what an orchestrator keeps running is not offered to be stopped', () => {
  expect(possible(line('docker', running(1, 1)))).toContain('stop')
  expect(possible(line('swarm', running(1, 1)))).toEqual(['deploy', 'restart'])
})
