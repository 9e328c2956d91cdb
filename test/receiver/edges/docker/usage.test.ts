import { afterAll, beforeAll, expect, test } from 'vitest'
import type Docker from 'dockerode'
import { containerUsage } from '../../../../receiver/edges/docker/usage.ts'
import { json, startDockerApi } from '../../../support/fakes/docker-api.ts'

const HOME = { network: 'deploy', installation: { id: 'i1', knows: () => false } }
const labels = (of: Record<string, string>) => ({
  'deploy-receiver.network': 'deploy',
  'deploy-receiver.installation': 'i1',
  'deploy-receiver.slot': 'blue',
  ...of,
})
const LISTED = [
  { Id: 'runs', State: 'running', Labels: labels({ 'deploy-receiver.app': 'api' }) },
  {
    Id: 'stands',
    State: 'exited',
    Labels: labels({ 'deploy-receiver.app': 'web', 'deploy-receiver.slot': 'green' }),
  },
  { Id: 'hangs', State: 'running', Labels: labels({ 'deploy-receiver.app': 'slow' }) },
  { Id: 'others', State: 'running', Labels: labels({ 'deploy-receiver.installation': 'i2' }) },
  { Id: 'release', State: 'running', Labels: labels({ 'deploy-receiver.slot': 'none' }) },
]

let docker: Docker
let calls: string[]
let close: () => void
beforeAll(async () => {
  const api = await startDockerApi(({ path }, response) => {
    if (path === '/containers/json') return json(response, LISTED)
    if (path === '/containers/runs/json') {
      return json(response, { RestartCount: 3, HostConfig: { Memory: 5e8 } })
    }
    if (path === '/containers/stands/json') {
      return json(response, { RestartCount: 1, HostConfig: { Memory: 0 } })
    }
    if (path === '/containers/runs/stats') {
      return json(response, {
        cpu_stats: { cpu_usage: { total_usage: 12_500_000_000 } },
        memory_stats: { usage: 3e8, stats: { inactive_file: 1e8 } },
      })
    }
    if (path.startsWith('/containers/hangs/')) return json(response, {}, 404)
    return false
  })
  ;({ docker, calls, close } = api)
})
afterAll(() => close())

test('what our containers take is read; of one that says nothing, that it is there', async () => {
  const signal = new AbortController().signal
  expect(await containerUsage(docker, HOME, signal)).toStrictEqual([
    {
      app: 'api',
      slot: 'blue',
      replica: 1,
      isRunning: true,
      restarts: 3,
      cpuSeconds: 12.5,
      memoryBytes: 2e8,
      memoryLimitBytes: 5e8,
    },
    { app: 'web', slot: 'green', replica: 1, isRunning: false, restarts: 1 },
    { app: 'slow', slot: 'blue', replica: 1, isRunning: true, restarts: 0 },
  ])
  expect(calls.filter((call) => call.includes('others') || call.includes('release'))).toStrictEqual(
    [],
  )
})

test('when the time is over no more is asked for', async () => {
  calls.length = 0
  const read = await containerUsage(docker, HOME, AbortSignal.abort())
  expect(read.map(({ app }) => app)).toStrictEqual(['api', 'web', 'slow'])
  expect(calls).toStrictEqual(['GET /containers/json'])
})
