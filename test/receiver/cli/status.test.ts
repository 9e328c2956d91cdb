import { expect, onTestFinished, test } from 'vitest'
import { startAnswering } from '../../support/answering.ts'
import { operate } from '../../support/operator.ts'

const app = (name: string, status: string) => ({
  name,
  domains: [],
  live: null,
  current: null,
  last: { id: 'd1', status, created_at: new Date().toISOString() },
  on_hold: [],
  volumes: [],
  maintenance_since: null,
  stopped_since: null,
  awaits_data: [],
})

test('status says of which apps the last deployment failed, and which command says why', async () => {
  const apps = [app('api', 'failed'), app('mail', 'succeeded')]
  const { config, close } = await startAnswering({ 'GET /apps': { apps } })
  onTestFinished(close)
  const { stdout } = await operate(['status', '--config', config])
  expect(stdout).toMatch(
    /^api: the last deployment failed, [^;]+; deploy-receiver show api says why$/m,
  )
  expect(stdout).not.toContain('mail: ')
})

test('status says what visitors do and get, and what they got since the swap', async () => {
  const traffic = {
    requests: 120,
    client_errors: 3,
    server_errors: 0,
    p50_ms: 12.4,
    p95_ms: 80,
    swap: {
      deployment: 'd1',
      at: new Date().toISOString(),
      requests: 310,
      client_errors: 0,
      server_errors: 0,
    },
  }
  const apps = [{ ...app('api', 'succeeded'), traffic }, app('mail', 'succeeded')]
  const { config, close } = await startAnswering({ 'GET /apps': { apps } })
  onTestFinished(close)
  const { stdout } = await operate(['status', '--config', config])
  expect(stdout).toMatch(/TRAFFIC +DOMAINS/)
  expect(stdout).toContain('120/min, 2.5 % 4xx, p50 12 ms, p95 80 ms')
  expect(stdout).toMatch(/^api: 310 requests since the swap, none failed /m)
  expect(stdout).not.toContain('mail: ')
})

test('status says when a preview goes, and that one outlived its pull request', async () => {
  const later = (hours: number) => new Date(Date.now() + hours * 3_600_000 + 60_000).toISOString()
  const preview = {
    of: 'api',
    made_at: later(-24),
    deployed_at: later(-24),
    goes_at: later(144),
    goes_by: 'ttl',
    closed_since: null,
  }
  const apps = [
    app('api', 'succeeded'),
    { ...app('api--pr-1', 'succeeded'), preview },
    {
      ...app('api--pr-2', 'succeeded'),
      preview: { ...preview, closed_since: later(-1), goes_at: later(23), goes_by: 'closed' },
    },
  ]
  const { config, close } = await startAnswering({ 'GET /apps': { apps } })
  onTestFinished(close)
  const { stdout } = await operate(['status', '--config', config])
  expect(stdout).toMatch(/ GOES +DOMAINS/)
  expect(stdout).toMatch(/^api--pr-1 .* in 6 d /m)
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('api--pr-2: its pull request is closed since ')
  expect(stdout).toMatch(/it goes at the next\s+look,\s+in\s+23\s+h/)
  expect(stdout).not.toContain('api--pr-1: ')
})
