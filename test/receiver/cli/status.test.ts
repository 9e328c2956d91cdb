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
