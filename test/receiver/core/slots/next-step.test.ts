import { describe, expect, test } from 'vitest'
import type { Step } from '../../../../protocol/deployment.ts'
import type { Container, Slot } from '../../../../receiver/core/slots/container.ts'
import type { StoredDeployment } from '../../../../receiver/core/journal.ts'
import {
  inSlot,
  isLive,
  nextStep,
  others,
  own,
  type StepName,
  targetSlot,
  type World,
} from '../../../../receiver/core/slots/next-step.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'

const GENERATION = 7
const STEPS: readonly StepName[] = [
  'resolve',
  'pull',
  'release',
  'start',
  'health',
  'swap',
  'watch',
  'drain',
  'retire',
]
/** All but the release command, which few apps have. */
const WITHOUT_RELEASE = STEPS.filter((name) => name !== 'release')
const RELEASE = { command: ['migrate'], timeoutMs: 1000 }

interface State {
  /** Steps that succeeded. */
  done?: readonly StepName[]
  /** Steps of another status, which replaces that one. */
  failed?: readonly StepName[]
  running?: readonly StepName[]
  /** How many of its containers stand, and in which slot. */
  standing?: number
  slot?: Slot
  live?: Slot
  liveAt?: boolean
  action?: 'deploy' | 'redeploy' | 'rollback'
  standsIn?: number
}

const steps = (names: readonly StepName[], status: Step['status']): Step[] =>
  names.map((name) => ({ name, status, started_at: '' }))

const container = (generation: number, slot: Slot, replica = 1) =>
  ({ generation, slot, replica, name: `${generation}-${slot}-${replica}` }) as Container

function stored({ done = [], failed = [], running = [], ...state }: State): StoredDeployment {
  const replaced = new Set([...failed, ...running])
  return {
    generation: GENERATION,
    standsIn: state.standsIn ?? GENERATION,
    deployment: {
      id: 'dep_7',
      app: 'api',
      action: state.action ?? 'deploy',
      status: 'running',
      image: { repository: APP.image.repository, digest: DIGEST.one },
      source: {},
      created_at: '',
      ...(state.liveAt === true ? { live_at: '' } : {}),
      steps: [
        ...steps(
          done.filter((name) => !replaced.has(name)),
          'succeeded',
        ),
        ...steps(failed, 'failed'),
        ...steps(running, 'running'),
      ],
    },
  }
}

function world({ standing = 0, slot = 'green', live, standsIn = GENERATION }: State): World {
  return {
    live,
    containers: Array.from({ length: standing }, (_, at) => container(standsIn, slot, at + 1)),
  }
}

const next = (state: State, app: { replicas?: number; release?: typeof RELEASE } = {}) =>
  nextStep(stored(state), world(state), { replicas: 1, ...app })

/** The steps before this one. */
const before = (name: StepName, order: readonly StepName[] = WITHOUT_RELEASE) =>
  order.slice(0, order.indexOf(name))

describe('before the swap', () => {
  test.for<[string, State, StepName]>([
    ['nothing is known: the digest', {}, 'resolve'],
    ['the digest is known: the image', { done: before('pull') }, 'pull'],
    ['the image is there: a container', { done: before('start') }, 'start'],
    ['a container stands: its health', { done: before('health'), standing: 1 }, 'health'],
    ['it is healthy: the swap', { done: before('swap'), standing: 1 }, 'swap'],
    [
      'a container stands of which no start is recorded: started again',
      { done: before('start'), standing: 1 },
      'start',
    ],
    ['someone removed the container: made anew', { done: before('swap') }, 'start'],
    [
      'a start that a crash cut short is done again',
      { done: before('health'), running: ['start'], standing: 1 },
      'start',
    ],
    [
      'a check that a crash cut short is done again',
      { done: before('swap'), running: ['health'], standing: 1 },
      'health',
    ],
    [
      'a digest that a crash cut short is asked for again, whatever stands',
      { done: before('swap'), running: ['resolve'], standing: 1, live: 'green' },
      'resolve',
    ],
    [
      'the old container is live: the new one is not',
      { done: before('swap'), standing: 1, live: 'blue' },
      'swap',
    ],
    ['a step that failed is not done', { done: before('swap'), failed: ['pull'] }, 'pull'],
  ])('%s', ([, state, expected]) => {
    expect(next(state)).toBe(expected)
  })

  test('every replica has to stand', () => {
    const state = { done: before('health'), standing: 2 }
    expect(next(state, { replicas: 3 })).toBe('start')
    expect(next(state, { replicas: 2 })).toBe('health')
  })
})

describe('from the swap on', () => {
  const LIVE = { standing: 1, slot: 'green', live: 'green' } as const

  test.for<[string, State, StepName | undefined]>([
    ['the flag is set and not on record: recorded', { ...LIVE, done: before('swap') }, 'swap'],
    [
      'the flag is set, and what came before it is not on record: it is not done again',
      { ...LIVE, done: ['resolve'] },
      'swap',
    ],
    ['it is live: watched', { ...LIVE, done: before('watch') }, 'watch'],
    [
      'a watch that a crash cut short begins anew',
      { ...LIVE, done: before('watch'), running: ['watch'] },
      'watch',
    ],
    ['it held: the old one drains', { ...LIVE, done: before('drain') }, 'drain'],
    ['the old one has drained: it goes', { ...LIVE, done: before('retire') }, 'retire'],
    ['all is done', { ...LIVE, done: STEPS }, undefined],
    [
      'a drain that failed is not tried again',
      { ...LIVE, done: before('retire'), failed: ['drain'] },
      'retire',
    ],
    ['a cleanup that failed is over', { ...LIVE, done: STEPS, failed: ['retire'] }, undefined],
    ['a watch that failed is not over', { ...LIVE, done: STEPS, failed: ['watch'] }, 'watch'],
    [
      'someone took its container away after it was live: what is left is done',
      { done: before('watch'), liveAt: true, live: 'green' },
      'watch',
    ],
    [
      'its container is there, and the flag says the other slot: it has to be swapped again',
      { standing: 1, slot: 'green', live: 'blue', liveAt: true, done: before('watch') },
      'swap',
    ],
  ])('%s', ([, state, expected]) => {
    expect(next(state)).toBe(expected)
  })
})

describe('a release command', () => {
  const app = { release: RELEASE }

  test('runs after the pull, before a container', () => {
    expect(next({ done: before('release', STEPS) }, app)).toBe('release')
    expect(next({ done: before('start', STEPS) }, app)).toBe('start')
    expect(next({ done: ['resolve'] }, app)).toBe('pull')
  })

  test('that a crash cut short is looked for again', () => {
    expect(next({ done: before('start', STEPS), running: ['release'] }, app)).toBe('release')
  })

  test('does not run for a rollback, or a restart', () => {
    expect(next({ done: before('release', STEPS), action: 'rollback' }, app)).toBe('start')
    const restart = stored({ done: before('release', STEPS), action: 'redeploy' })
    restart.deployment.restart = true
    expect(nextStep(restart, world({}), { replicas: 1, ...app })).toBe('start')
  })

  test('does not run any more once it is live', () => {
    const live = { standing: 1, slot: 'green', live: 'green' } as const
    expect(next({ ...live, done: ['resolve', 'pull'] }, app)).toBe('swap')
  })
})

test.for([
  ['without a release command', WITHOUT_RELEASE, {}],
  ['with one', STEPS, { release: RELEASE }],
] as const)('step by step it comes to its end %s, in order', ([, expected, app]) => {
  const state = {
    done: [] as StepName[],
    standing: 0,
    slot: 'green' as const,
    live: 'blue' as Slot,
  }
  const taken: StepName[] = []
  for (let step = next(state, app); step !== undefined; step = next(state, app)) {
    taken.push(step)
    state.done.push(step)
    if (step === 'start') state.standing = 1
    if (step === 'swap') state.live = 'green'
  }
  expect(taken).toStrictEqual(expected)
})

describe('what stands', () => {
  const mixed: World = {
    live: 'blue',
    containers: [
      container(GENERATION, 'green', 2),
      container(5, 'blue', 1),
      container(GENERATION, 'green', 1),
      container(6, 'green', 1),
    ],
  }
  const names = (containers: readonly Container[]) => containers.map(({ name }) => name)

  test('are its own containers, by replica, and the others', () => {
    expect(names(own(stored({}), mixed))).toStrictEqual(['7-green-1', '7-green-2'])
    expect(names(others(stored({}), mixed))).toStrictEqual(['5-blue-1', '6-green-1'])
    expect(names(inSlot(mixed, 'green'))).toStrictEqual(['7-green-2', '7-green-1', '6-green-1'])
  })

  test('are those of an older generation when it stands in them', () => {
    const rollback = stored({ standsIn: 5 })
    expect(names(own(rollback, mixed))).toStrictEqual(['5-blue-1'])
    expect(names(others(rollback, mixed))).toStrictEqual(['7-green-2', '7-green-1', '6-green-1'])
    expect(isLive(rollback, mixed)).toBe(true)
  })

  test.for<[Slot | undefined, Slot]>([
    [undefined, 'blue'],
    ['blue', 'green'],
    ['green', 'blue'],
  ])('with %s live a new container goes to %s', ([live, expected]) => {
    expect(targetSlot(stored({}), { live, containers: [] })).toBe(expected)
  })

  test('its container stays in its slot, whatever is live', () => {
    for (const live of ['blue', 'green', undefined] as const) {
      const containers = [container(GENERATION, 'green')]
      expect(targetSlot(stored({}), { live, containers })).toBe('green')
    }
  })
})

test.for<[string, State, boolean]>([
  ['in the live slot it is live', { standing: 1, slot: 'green', live: 'green' }, true],
  ['in the other it is not', { standing: 1, slot: 'green', live: 'blue' }, false],
  ['it is not before the first swap', { standing: 1, slot: 'blue' }, false],
  ['gone, it is not when it never was', { live: 'blue' }, false],
  ['gone, it is when it was', { live: 'green', liveAt: true }, true],
  [
    'swapped back, it is not, though it was',
    { standing: 1, slot: 'green', live: 'blue', liveAt: true },
    false,
  ],
])('%s', ([, state, expected]) => {
  expect(isLive(stored(state), world(state))).toBe(expected)
})
