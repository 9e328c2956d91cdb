import { describe, expect, test } from 'vitest'
import { within } from '../../../receiver/core/deadline.ts'
import { reconcile } from '../../../receiver/core/reconcile.ts'
import type { StepName } from '../../../receiver/core/slots/next-step.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../support/fake-world.ts'
import { createFakeClock } from '../../support/fakes/clock.ts'
import { get } from './one-live.ts'

const forever = new AbortController().signal
const never = () => new Promise<never>(() => {})
const DAY_MS = 24 * 60 * 60_000
const what = 'the step pull'

describe('work within a time', () => {
  test('gives what comes of it', async () => {
    const clock = createFakeClock()
    expect(await within(1000, async () => 'done', { clock, what })).toBe('done')
    const fails = within(1000, () => Promise.reject(new Error('no room')), { clock, what })
    await expect(fails).rejects.toThrow('no room')
  })

  test('is told to end when that is over, and is given up when it does not', async () => {
    const clock = createFakeClock()
    const told: AbortSignal[] = []
    const hangs = within(
      5000,
      (signal) => {
        told.push(signal)
        return never()
      },
      { clock, what },
    )
    const given = expect(hangs).rejects.toMatchObject({
      code: 'timed_out',
      message: 'the step pull was not done within 5 s and was given up',
    })
    await clock.sleep(4999, forever)
    expect(told[0]?.aborted).toBe(false)
    await clock.sleep(1, forever)
    expect(told[0]?.aborted).toBe(true)
    // it hears of it, and has a moment to end
    await Promise.resolve()
    await clock.sleep(60_000, forever)
    await given
  })

  test('that ends in the moment it is given says that its time was over', async () => {
    const clock = createFakeClock()
    const ends = within(
      5000,
      (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('stopped'))),
        ),
      { clock, what },
    )
    const given = expect(ends).rejects.toMatchObject({ code: 'timed_out' })
    await clock.sleep(5000, forever)
    await given
  })

  test('ends with the reason of the signal that ends all', async () => {
    const clock = createFakeClock()
    const stopping = new AbortController()
    const stopped = within(
      5000,
      (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      { clock, signal: stopping.signal, what },
    )
    stopping.abort(new Error('the receiver stops'))
    await expect(stopped).rejects.toThrow('the receiver stops')
  })
})

describe('a step that hangs', () => {
  /** Has the part of the world that a step asks never answer, and never hear that it is to end. */
  const HANGS: readonly [StepName, (world: FakeWorld) => void][] = [
    ['resolve', ({ ports }) => (ports.registry.resolve = never)],
    ['pull', ({ ports }) => (ports.images.pull = never)],
    ['release', ({ ports }) => (ports.engine.runOnce = never)],
    ['start', ({ ports }) => (ports.engine.start = never)],
    ['health', ({ ports }) => (ports.probe = never)],
    [
      'watch',
      ({ ports, flag }) => {
        const { probe } = ports
        ports.probe = (asked) => (flag.live === 'green' ? never() : probe(asked))
      },
    ],
    ['retire', ({ ports }) => (ports.engine.remove = never)],
  ]

  test.each(HANGS)('ends, and the next deployment has its turn: %s', async (step, hang) => {
    const world = createFakeWorld()
    const app = { ...APP, release: { command: ['migrate'], timeoutMs: 60_000 } }
    world.accept({ id: 'dep_1', digest: DIGEST.one })
    await reconcile(app, world.ports, forever)
    const { engine, probe, images, registry } = world.ports
    const before = {
      engine: { ...engine },
      probe,
      images: { ...images },
      registry: { ...registry },
    }

    // a tag has to be resolved, and another image to be pulled
    world.accept({
      id: 'dep_2',
      ...(step === 'resolve' ? { tag: 'latest' } : { digest: DIGEST.two }),
    })
    hang(world)
    const done = reconcile(app, world.ports, forever)
    let isDone = false
    void done.finally(() => (isDone = true))
    await expect
      .poll(() => get(world, 'dep_2').steps.find(({ name }) => name === step)?.status)
      .toBe('running')
    // what waits is not hindered by what hung
    await expect
      .poll(async () => {
        await world.clock.sleep(DAY_MS, forever)
        if (get(world, 'dep_2').steps.find(({ name }) => name === step)?.status === 'failed') {
          Object.assign(world.ports, { probe: before.probe })
          Object.assign(engine, before.engine)
          Object.assign(images, before.images)
          Object.assign(registry, before.registry)
        }
        return isDone
      })
      .toBe(true)
    await done
    const { status, error, steps } = get(world, 'dep_2')
    const failed = steps.find(({ name }) => name === step)
    expect(failed?.status).toBe('failed')
    expect(status).toBe(step === 'retire' ? 'succeeded' : 'failed')
    if (step === 'watch') expect(error?.code).toBe('rolled_back')
    else if (step !== 'retire') expect(error?.code).toBe('timed_out')
    world.accept({ id: 'dep_3', digest: DIGEST.three })
    await reconcile(app, world.ports, forever)
    expect(get(world, 'dep_3').status).toBe('succeeded')
  })
})
