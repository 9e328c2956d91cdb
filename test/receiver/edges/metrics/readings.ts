import type { Readings } from '../../../../receiver/core/readings.ts'

/** What a machine with so many apps says of itself. */
export const readingsOf = (apps: readonly string[]): Readings => ({
  apps: apps.map((app, at) => ({
    app,
    waiting: at % 2,
    isDeploying: at % 2 === 1,
    live: {
      digest: `sha256:${'1'.repeat(64)}`,
      tag: '1.4.2',
      deployment: `d${at}`,
      since: '2026-03-01T12:00:00.000Z',
    },
    lastFailed: at === 0,
    isStopped: false,
    inMaintenance: false,
    ...(at === 1 ? { replicas: { wanted: 3, running: 2 } } : {}),
    traffic: {
      minute: { requests: 60, clientErrors: 3, serverErrors: 1, p50: 0.012, p95: 0.25 },
      total: { '1xx': 0, '2xx': 560, '3xx': 0, '4xx': 30, '5xx': 10 },
      swap: {
        deployment: `d${at}`,
        at: '2026-03-01T12:00:00.000Z',
        requests: 100,
        clientErrors: 5,
        serverErrors: 2,
      },
    },
  })),
  certificates: apps.map((site) => ({ site, notAfter: '2026-05-01T12:00:00.000Z' })),
  disks: [
    { holds: 'data', freeBytes: 5e9, sizeBytes: 2e10 },
    { holds: 'images', freeBytes: 7e9, sizeBytes: 4e10 },
  ],
  containers: apps.map((app) => ({
    app,
    slot: 'blue',
    replica: 1,
    isRunning: true,
    restarts: 2,
    cpuSeconds: 12.5,
    memoryBytes: 1e8,
    memoryLimitBytes: 5e8,
  })),
  ignoredLines: 4,
})
