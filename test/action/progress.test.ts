import { expect, test } from 'vitest'
import { plainLines } from '../../action/log.ts'
import { createProgress } from '../../action/progress.ts'
import type { DeploymentEvent, UnknownEvent } from '../../protocol/deployment.ts'

const at = '2026-01-02T03:04:06.000Z'

const show = (events: [number, DeploymentEvent | UnknownEvent][]): string[] => {
  const lines: string[] = []
  let clock = 0
  const progress = createProgress((line) => lines.push(line), { now: () => clock })
  for (const [ms, event] of events) {
    clock = ms
    progress.show(event)
  }
  progress.stop()
  return lines
}

test('each step that ended is one line with its time and figures', () => {
  expect(
    show([
      [0, { type: 'step', at, step: 'pull', status: 'running' }],
      [812, { type: 'step', at, step: 'pull', status: 'succeeded', ms: 812, message: '12.3 MB' }],
      [9000, { type: 'step', at, step: 'health', status: 'failed', ms: 8100 }],
      [9001, { type: 'finished', at, status: 'failed' }],
    ]),
  ).toEqual(['✓ pull        812 ms  12.3 MB', '✗ health       8.1 s', '✗ failed'])
})

test('steps and events that a newer receiver has are shown', () => {
  expect(
    show([
      [0, { type: 'step', at, step: 'rollout', status: 'succeeded', ms: 40, message: '3 of 3' }],
      [1, { type: 'unknown', kind: 'scaled', step: 'rollout', message: '4 of 4' }],
      [2, { type: 'unknown', kind: 'notice' }],
    ]),
  ).toEqual(['✓ rollout      40 ms  3 of 3', '  rollout  4 of 4', '  notice   notice'])
})

test('a pull says how far it is every few seconds, not at every packet', () => {
  const events = Array.from({ length: 100 }, (_, n): [number, DeploymentEvent] => [
    n * 100,
    { type: 'progress', at, step: 'pull', message: `${n} MB of 100 MB`, current: n, total: 100 },
  ])
  expect(show(events)).toEqual([
    '  pull     0 MB of 100 MB (0 %)',
    '  pull     30 MB of 100 MB (30 %)',
    '  pull     60 MB of 100 MB (60 %)',
    '  pull     90 MB of 100 MB (90 %)',
  ])
})

test('a probe that answers the same again says nothing new', () => {
  const probe = (message: string): DeploymentEvent => ({
    type: 'progress',
    at,
    step: 'health',
    message,
  })
  expect(
    show([
      [0, probe('connection refused')],
      [100, probe('connection refused')],
      [200, probe('503: starting')],
      [300, probe('200')],
    ]),
  ).toEqual(['  health   connection refused', '  health   503: starting', '  health   200'])
})

test('when nothing happens a line says what still runs', async () => {
  const line = await new Promise<string>((resolve) => {
    const progress = createProgress(
      (text) => {
        progress.stop()
        resolve(text)
      },
      { heartbeatMs: 5 },
    )
    progress.show({ type: 'step', at, step: 'watch', status: 'running' })
  })
  expect(line).toMatch(/^… watch still runs \(\d+ ms\)$/)
})

test.each([
  ['::error::x', ['\u200b::error::x']],
  ['  ::add-mask::e', ['  \u200b::add-mask::e']],
  ['12:00 ##[stop-commands]x', ['12:00 ##\u200b[stop-commands]x']],
  ['fine\r::set-output name=a::b\nfine', ['fine', '\u200b::set-output name=a::b', 'fine']],
  ['\u001b[31mred\u001b[0m\u0007', ['red']],
  ['std::vector', ['std::vector']],
])('%j can be no workflow command', (text, lines) => {
  expect(plainLines(text)).toEqual(lines)
})
