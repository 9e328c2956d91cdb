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

// each point with previews makes four deployments: these have one of their own, below
const quick = SCENARIOS.filter(({ app }) => app !== 'preview')
const ofPreviews = SCENARIOS.filter(({ app }) => app === 'preview')

const random = randomOf(SEED)
const points = Array.from({ length: POINTS }, (_, index) => {
  const scenario = quick[index % quick.length]
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
test.for(ofPreviews)('$name, kill-before at request 20', { tags: 'long' }, (scenario) =>
  strike({ scenario, fault: 'kill-before', at: 20 }),
)
