import type { Slot } from '../../../receiver/core/slots/container.ts'
import type { Slots } from '../../../receiver/core/slots/ports.ts'
import { type Note, unnoted } from './note.ts'

export interface FakeFlag {
  live: Slot | undefined
  paused: boolean
  maintenance?: boolean
  drained?: boolean
}

/** Flags in memory. Two of them over the same `flags` are as two processes on one directory. */
export function createFakeSlots({
  flags = new Map<string, FakeFlag>(),
  note = unnoted,
}: {
  flags?: Map<string, FakeFlag>
  note?: Note
} = {}): { slots: Slots; flag(app: string): FakeFlag } {
  const flag = (app: string): FakeFlag => {
    const known = flags.get(app) ?? { live: undefined, paused: false }
    flags.set(app, known)
    return known
  }
  return {
    flag,
    slots: {
      live: (app) => flags.get(app)?.live,
      makeLive(app, slot) {
        note('flag', slot)
        flag(app).live = slot
      },
      paused: (app) => flags.get(app)?.paused ?? false,
      pause(app) {
        note('pause', app)
        flag(app).paused = true
      },
      unpause(app) {
        note('unpause', app)
        flag(app).paused = false
      },
      maintenance: (app) => (flags.get(app)?.maintenance ? '2026-01-01T00:00:00.000Z' : undefined),
      setMaintenance(app, isOn) {
        flag(app).maintenance = isOn
      },
      drained: (app) => flags.get(app)?.drained ?? false,
      setDrained(app, isOn) {
        note(isOn ? 'drain' : 'undrain', app)
        flag(app).drained = isOn
      },
    },
  }
}
