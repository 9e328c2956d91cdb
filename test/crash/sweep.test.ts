import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { DISK_FAULTS } from './disk-faults.ts'
import { FAULTS } from './engine-proxy.ts'
import { randomOf } from './random.ts'
import { SCENARIOS } from './scenarios.ts'
import { type Bench, type Point, startBench } from './sweep.ts'

// `npm run test:crash` goes through all of them
const SEED = 20_261_121
const POINTS = 15
/** These take a deadline of ten seconds and more each. */
const SLOW = new Set(['truncates'])

/** Requests that the fault fits are fewer for these. */
const MOST: Partial<Record<string, number>> = { 'pull-error': 1, 'kill-after': 5, 'answers-409': 5 }

const random = randomOf(SEED)
const points = Array.from({ length: POINTS }, (_, index) => {
  const scenario = SCENARIOS[index % SCENARIOS.length]
  if (scenario === undefined) throw new Error('there are no scenarios')
  const fault = random.pick([...FAULTS, ...DISK_FAULTS].filter((each) => !SLOW.has(each)))
  return { scenario, fault, at: 1 + random.below(MOST[fault] ?? 30) }
})

let bench: Bench
beforeAll(async () => {
  bench = await startBench(inject('stack'), 'sweep')
})
afterAll(async () => {
  expect(await bench.close()).toEqual([])
})

/** A death, a disk's error, a connection's. */
const KINDS = ['kill-before', 'fsync-EIO', 'resets']
const ofEachKind = KINDS.flatMap((fault) => points.find((point) => point.fault === fault) ?? [])
const strike = async (point: Point) => expect((await bench.run(point)).violations).toEqual([])

test.for(ofEachKind)('$scenario.name, $fault at request $at', strike)
test.for(points.filter((point) => !ofEachKind.includes(point)))(
  '$scenario.name, $fault at request $at',
  { tags: 'long' },
  strike,
)
