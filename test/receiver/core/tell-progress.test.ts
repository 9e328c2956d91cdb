import { expect, test } from 'vitest'
import { tellProgress } from '../../../receiver/core/tell-progress.ts'

const stored = { deployment: { id: 'dep_1', app: 'api' } } as Parameters<typeof tellProgress>[0]

test('a line is kept with its step and time; that some cannot be kept is told once', () => {
  const kept: unknown[] = []
  const told: unknown[] = []
  let fails = false
  const tell = tellProgress(stored, 'pull', {
    journal: {
      append(id: string, event: object) {
        if (fails) throw new Error('disk full')
        kept.push([id, event])
      },
    },
    clock: { now: () => 'now' },
    report: (message: string, details: object) => void told.push([message, details]),
  } as unknown as Parameters<typeof tellProgress>[2])
  tell({ message: 'half', current: 1, total: 2 })
  fails = true
  tell({ message: 'lost' })
  tell({ message: 'lost, too' })
  fails = false
  tell({ message: 'whole' })
  const event = { type: 'progress', at: 'now', step: 'pull' }
  expect(kept).toStrictEqual([
    ['dep_1', { ...event, message: 'half', current: 1, total: 2 }],
    ['dep_1', { ...event, message: 'whole' }],
  ])
  expect(told).toStrictEqual([
    [
      'a line of pull cannot be kept',
      { app: 'api', deployment: 'dep_1', step: 'pull', error: new Error('disk full') },
    ],
  ])
})
