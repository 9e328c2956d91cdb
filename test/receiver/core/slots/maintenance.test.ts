import { expect, test } from 'vitest'
import { markStopped } from '../../../../receiver/core/slots/stopped.ts'
import type { SlotPorts, Stopped } from '../../../../receiver/core/slots/ports.ts'
import {
  lookAtMaintenance,
  switchMaintenance,
} from '../../../../receiver/core/slots/maintenance.ts'

const SOCKET = { kind: 'socket' } as const
const at = '2026-03-01T12:00:00.000Z'
const seen = (status: number) => [{ at: 'http://api.test/', status }]

function createWorld() {
  const since = new Map<string, string>()
  const stopped = new Map<string, Stopped>()
  const told: unknown[] = []
  const ports: Parameters<typeof switchMaintenance>[1] = {
    flags: {
      maintenance: (app) => since.get(app),
      setMaintenance: (app, isOn) => void (isOn ? since.set(app, at) : since.delete(app)),
    },
    record: {
      stopped: (app) => stopped.get(app),
      setStopped: (app, is) => void (is === undefined ? stopped.delete(app) : stopped.set(app, is)),
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
  return { ports, since, stopped, told }
}

test('maintenance is switched once, with a line in the log and in the audit trail for each change', async () => {
  const { ports, told } = createWorld()
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

test('what is switched while an app is stopped holds from its start on, and visitors are told that it is stopped', async () => {
  const { ports, since, stopped } = createWorld()
  const slots = ports.flags as SlotPorts['slots']
  const record = ports.record as SlotPorts['record']
  markStopped({ name: 'api', http: true }, { record, slots, clock: ports.clock })
  for (const isOn of [false, true, false]) {
    expect(await switchMaintenance({ app: 'api', isOn, sender: SOCKET }, ports)).toEqual({
      ...(isOn ? { since: at } : {}),
      stoppedSince: at,
      seen: seen(503),
    })
    expect(since.has('api')).toBe(true)
    expect(stopped.get('api')?.wasInMaintenance).toBe(isOn)
  }
})
