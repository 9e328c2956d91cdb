import { expect, test } from 'vitest'
import {
  lookAtMaintenance,
  switchMaintenance,
} from '../../../../receiver/core/slots/maintenance.ts'

const SOCKET = { kind: 'socket' } as const

test('maintenance is switched once, with a line in the log and in the audit trail for each change', async () => {
  const since = new Map<string, string>()
  const told: unknown[] = []
  const at = '2026-03-01T12:00:00.000Z'
  const ports: Parameters<typeof switchMaintenance>[1] = {
    flags: {
      maintenance: (app) => since.get(app),
      setMaintenance: (app, isOn) => void (isOn ? since.set(app, at) : since.delete(app)),
    },
    sites: {
      visitorsGet: async () => [{ at: 'http://api.test/', status: since.size === 0 ? 200 : 503 }],
    },
    audit: {
      add: ({ app, request, outcome, sender }) => told.push([app, request, outcome, sender.kind]),
    },
    clock: { now: () => at },
    log: (level, message, details) => void told.push([level, message, details]),
  }
  const seen = (status: number) => [{ at: 'http://api.test/', status }]
  for (const isOn of [true, true]) {
    expect(await switchMaintenance({ app: 'api', isOn, sender: SOCKET }, ports)).toEqual({
      since: at,
      seen: seen(503),
    })
  }
  expect(await lookAtMaintenance('api', ports)).toEqual({ since: at, seen: seen(503) })
  for (const isOn of [false, false]) {
    expect(await switchMaintenance({ app: 'api', isOn, sender: SOCKET }, ports)).toEqual({
      seen: seen(200),
    })
  }
  expect(told).toEqual([
    ['info', 'maintenance on', { app: 'api' }],
    ['api', 'maintenance on', 'accepted', 'socket'],
    ['info', 'maintenance off', { app: 'api' }],
    ['api', 'maintenance off', 'accepted', 'socket'],
  ])
})
