import { expect, test } from 'vitest'
import { createMetrics } from '../../../../receiver/edges/metrics/metrics.ts'
import { readingsOf } from './readings.ts'

const APPS = ['api', 'web']
const metricsOf = (look = async () => readingsOf(APPS)) =>
  createMetrics({ isApp: (name) => APPS.includes(name), look })

const linesOf = (text: string) => text.split('\n').filter((line) => !line.startsWith('#'))

test('what happened is counted, what stands is read, and each has its labels', async () => {
  const metrics = metricsOf()
  metrics.deployment({ app: 'api', action: 'deploy', outcome: 'rolled_back' })
  metrics.deployment({ app: 'api', action: 'deploy', outcome: 'rolled_back' })
  metrics.step({ step: 'pull', outcome: 'succeeded', seconds: 3 })
  metrics.hook({ app: 'api', kind: 'webhook', outcome: 'accepted' })
  metrics.hook({ kind: 'none', outcome: 'rejected', code: 'signature_rejected' })
  const lines = linesOf(await metrics.text())
  const expected = [
    'deployments_total{app="api",action="deploy",outcome="rolled_back"} 2',
    'step_duration_seconds_bucket{le="2.5",step="pull",outcome="succeeded"} 0',
    'step_duration_seconds_bucket{le="5",step="pull",outcome="succeeded"} 1',
    'hooks_total{app="api",kind="webhook",outcome="accepted",reason=""} 1',
    'hooks_total{app="",kind="none",outcome="rejected",reason="signature_rejected"} 1',
    'deployments_waiting{app="api"} 0',
    'deployments_waiting{app="web"} 1',
    'last_deployment_failed{app="api"} 1',
    `live_info{app="api",digest="sha256:${'1'.repeat(64)}",tag="1.4.2",deployment="d0"} 1`,
    'requests_total{app="api",code="5xx"} 10',
    'response_seconds{app="api",percentile="95"} 0.25',
    'requests_since_swap{app="api",outcome="answered"} 98',
    'requests_since_swap{app="api",outcome="failed"} 2',
    'swap_timestamp_seconds{app="api"} 1772366400',
    'certificate_expires_timestamp_seconds{site="api"} 1777636800',
    'disk_free_bytes{holds="images"} 7000000000',
    'container_cpu_seconds_total{app="api",slot="blue",replica="1"} 12.5',
    'container_restarts_total{app="api",slot="blue",replica="1"} 2',
    'replicas_wanted{app="web"} 3',
    'replicas_running{app="web"} 2',
    'traffic_ignored_lines_total 4',
  ]
  expect(lines).toStrictEqual(
    expect.arrayContaining(expected.map((line) => `deploy_receiver_${line}`)),
  )
  expect(lines.some((line) => line.startsWith('nodejs_eventloop_lag_p99_seconds '))).toBe(true)
})

test('a name that no app has is counted with all others, however many there are', async () => {
  const metrics = metricsOf()
  const before = linesOf(await metrics.text()).length
  for (let at = 0; at < 100; at += 1) {
    metrics.deployment({ app: `x${at}`, action: 'deploy', outcome: 'failed' })
    metrics.hook({ app: `x${at}`, kind: 'basic', outcome: 'refused', code: 'unknown_app' })
  }
  const lines = linesOf(await metrics.text())
  expect(lines).toHaveLength(before + 2)
  expect(lines).toContain(
    'deploy_receiver_deployments_total{app="other",action="deploy",outcome="failed"} 100',
  )
})

test('an app that is gone has nothing that stands any more, and each app one digest', async () => {
  let readings = readingsOf(['api', 'web'])
  const metrics = metricsOf(async () => readings)
  await metrics.text()
  readings = readingsOf(['api'])
  const again = await Promise.all([metrics.text(), metrics.text()])
  for (const text of again) {
    expect(text).not.toContain('app="web"')
    expect(linesOf(text).filter((line) => line.includes('live_info'))).toHaveLength(1)
    expect(text).toContain('deploy_receiver_requests_total{app="api",code="2xx"} 560\n')
  }
})

test('one that cannot be read is asked for anew', async () => {
  let fails = true
  const metrics = metricsOf(async () => {
    if (fails) throw new Error('the store is busy')
    return readingsOf(APPS)
  })
  await expect(metrics.text()).rejects.toThrow('the store is busy')
  fails = false
  await expect(metrics.text()).resolves.toContain('live_info')
})
