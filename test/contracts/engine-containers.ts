import { describe, expect, test } from 'vitest'
import type { EngineAtWork } from './engine-at-work.ts'
import { TIME_LIMIT_MS } from './time-limit.ts'

/** What the port promises of containers. */
export function engineContainers(at: EngineAtWork): void {
  const { further, pull, withoutImages, otherApp, started, look } = at

  describe('a start', () => {
    test('makes a container that runs, with all that the plan says', async () => {
      const { plan, container } = await started()
      expect(container).toMatchObject({
        name: at.it.nameOf(plan),
        app: 'contract',
        generation: plan.generation,
        slot: 'blue',
        replica: 1,
        digest: at.it.image.digest,
        address: plan.address,
        port: 8000,
        running: true,
        exitCode: 0,
        oomKilled: false,
        restarts: 0,
      })
      expect(container.pid).toBeGreaterThan(0)
      expect(container).not.toHaveProperty('health')
      expect(await at.engine.containers('contract')).toEqual([container])
    })

    test('twice is one container, which runs on', async () => {
      const { plan, container } = await started()
      await at.engine.start(plan)
      expect(await at.engine.containers('contract')).toEqual([container])
    })

    test('twice at once is one container', further, async () => {
      await pull(at.it.image)
      // one of them may lose the race; a crash never has two at once
      await Promise.allSettled([at.engine.start(at.it.plan()), at.engine.start(at.it.plan())])
      await at.engine.start(at.it.plan())
      expect(await at.engine.containers('contract')).toHaveLength(1)
    })

    test('of one that was stopped goes on with it', async () => {
      const { plan, container, name: it1 } = await started()
      await at.engine.stop(it1, { graceMs: 0 })
      await at.engine.start(plan)
      expect(await look(it1)).toEqual({
        running: true,
        exitCode: 0,
        restarts: 0,
        id: container.id,
        hasProcess: true,
      })
    })

    const AGAIN = 'of one that befell %s has it running again, the same one'
    test.for(['kill'] as const)(AGAIN, runsAgain)
    test.for(['pause', 'cutOff'] as const)(AGAIN, further, runsAgain)

    async function runsAgain(what: 'pause' | 'cutOff' | 'kill'): Promise<void> {
      const { plan, container, name: it1 } = await started()
      await at.it.befall[what](it1)
      expect(await look(it1)).toMatchObject({ running: false })
      await at.engine.start(plan)
      expect(await look(it1)).toMatchObject({ running: true, exitCode: 0, id: container.id })
    }

    test('of one that was taken off a further network has it there again, and it ran all the time', async () => {
      const { app } = at.it.plan()
      const container = { ...app.container, networks: [at.it.further] }
      const { plan, container: made, name: it1 } = await started({ app: { ...app, container } })
      expect(made.cutOff).not.toBe(true)
      await at.it.befall.cutOffFurther(it1)
      expect(await at.engine.container(it1)).toEqual({ ...made, cutOff: true })
      await at.engine.start(plan)
      const { cutOff, ...rest } = (await at.engine.container(it1)) ?? {}
      expect(cutOff).not.toBe(true)
      expect(rest).toEqual(made)
    })

    test('of another replica, slot or generation is another container', async () => {
      const [second, third] = at.it.addresses
      await started()
      await at.engine.start(at.it.plan({ replica: 2, address: second }))
      await at.engine.start(at.it.plan({ slot: 'green', generation: 2, address: third }))
      const shown = (await at.engine.containers('contract')).map(
        ({ generation, slot, replica, address }) => `${generation} ${slot} ${replica} ${address}`,
      )
      expect(shown.toSorted()).toEqual([
        `1 blue 1 ${at.it.plan().address}`,
        `1 blue 2 ${second}`,
        `2 green 1 ${third}`,
      ])
    })

    test('of an image that is not there is start_failed, and leaves nothing', async () => {
      await withoutImages()
      await expect(at.engine.start(at.it.plan())).rejects.toMatchObject({
        name: 'DeployError',
        code: 'start_failed',
      })
      expect(await at.engine.containers('contract')).toEqual([])
    })

    test('in a network that there is not is start_failed, names it, and leaves nothing', async () => {
      await pull(at.it.image)
      const { app } = at.it.plan()
      const container = { ...app.container, networks: ['nowhere'] }
      await expect(
        at.engine.start(at.it.plan({ app: { ...app, container } })),
      ).rejects.toMatchObject({
        code: 'start_failed',
        message: expect.stringContaining('nowhere'),
      })
      expect(await at.engine.containers('contract')).toEqual([])
    })

    test('at an address that another one has is start_failed, and leaves nothing', async () => {
      await started()
      await expect(at.engine.start(otherApp())).rejects.toMatchObject({ code: 'start_failed' })
      expect(await at.engine.containers('contract-other')).toEqual([])
    })

    test('at an address that was left works', further, async () => {
      const { name: it1 } = await started()
      await at.engine.remove(it1, { graceMs: 0 })
      await at.engine.start(otherApp())
      expect(await at.engine.containers('contract-other')).toMatchObject([{ running: true }])
    })
  })

  describe('a container', () => {
    test('is its app’s own', further, async () => {
      const [second] = at.it.addresses
      await started()
      await at.engine.start(otherApp({ address: second }))
      expect(await at.engine.containers('contract')).toMatchObject([{ app: 'contract' }])
      expect(await at.engine.containers('contract-other')).toMatchObject([
        { app: 'contract-other' },
      ])
      expect(await at.engine.containers('contract-none')).toEqual([])
    })

    test('is its installation’s own, though another one has an app of that name', async () => {
      const { container } = await started()
      expect(await at.it.neighbour.containers('contract')).toEqual([])
      expect(await at.engine.containers('contract')).toEqual([container])
    })

    test('that is not there is undefined', async () => {
      expect(await at.engine.container(at.it.nameOf(at.it.plan()))).toBeUndefined()
    })

    test('that is stopped stands still, and stopping it again is nothing', async () => {
      const { name: it1 } = await started()
      for (let times = 0; times < 2; times++) {
        await at.engine.stop(it1, { graceMs: 0 })
        expect(await look(it1)).toMatchObject({ running: false, hasProcess: false })
      }
    })

    test('that is gone can be stopped and removed: there is nothing to do', async () => {
      const gone = at.it.nameOf(at.it.plan())
      await at.engine.stop(gone, { graceMs: 1000 })
      await at.engine.remove(gone, { graceMs: 1000 })
    })

    test('that is removed is gone, and removing it again is nothing', async () => {
      const { name: it1 } = await started()
      for (let times = 0; times < 2; times++) {
        await at.engine.remove(it1, { graceMs: 0 })
        expect(await at.engine.container(it1)).toBeUndefined()
        expect(await at.engine.containers('contract')).toEqual([])
      }
    })

    const STOPPED = 'that befell %s can be stopped and removed'
    test.for(['pause'] as const)(STOPPED, isStopped)
    test.for(['cutOff', 'kill'] as const)(STOPPED, further, isStopped)

    async function isStopped(what: 'pause' | 'cutOff' | 'kill'): Promise<void> {
      const { name: it1 } = await started()
      await at.it.befall[what](it1)
      await at.engine.stop(it1, { graceMs: 0 })
      expect(await look(it1)).toMatchObject({ running: false, hasProcess: false })
      await at.engine.remove(it1, { graceMs: 0 })
      expect(await at.engine.containers('contract')).toEqual([])
    }

    test('that was killed tells with what it ended', async () => {
      const { name: it1 } = await started()
      await at.it.befall.kill(it1)
      expect(await look(it1)).toMatchObject({ running: false, exitCode: 137, hasProcess: false })
    })

    test('that runs again does not, but the engine remembers it', async () => {
      const { name: it1, container } = await started()
      expect(await at.engine.lastEnd(container.id)).toBeUndefined()
      await at.it.befall.kill(it1)
      await at.engine.startAgain(it1)
      expect(await look(it1)).toMatchObject({ running: true, exitCode: 0 })
      expect(await at.engine.lastEnd(container.id)).toEqual({ exitCode: 137, oomKilled: false })
    })
  })

  describe('a start again', () => {
    test('of one that stands still has it running, and again is nothing', async () => {
      const { container, name: it1 } = await started()
      await at.engine.stop(it1, { graceMs: 0 })
      for (let times = 0; times < 2; times++) {
        await at.engine.startAgain(it1)
        expect(await look(it1)).toMatchObject({ running: true, exitCode: 0, id: container.id })
      }
    })

    test('of one that runs leaves it alone', further, async () => {
      const { container, name: it1 } = await started()
      await at.engine.startAgain(it1)
      expect(await at.engine.container(it1)).toEqual(container)
    })

    test('of one that is gone is start_failed', async () => {
      await expect(at.engine.startAgain(at.it.nameOf(at.it.plan()))).rejects.toMatchObject({
        name: 'DeployError',
        code: 'start_failed',
      })
    })
  })

  describe('the test of a HEALTHCHECK', () => {
    const run = (container: string, kind: 'passes' | 'fails' | 'hangs', timeoutMs: number) =>
      at.engine.runTest(container, at.it.test(kind, container), { timeoutMs, signal: at.signal })

    test('tells how it ended, and what it printed', async () => {
      const { name: it1 } = await started()
      const output = 'no database'
      expect(await run(it1, 'passes', TIME_LIMIT_MS)).toEqual({ exitCode: 0, output })
      expect(await run(it1, 'fails', TIME_LIMIT_MS)).toEqual({ exitCode: 3, output })
    })

    test('that does not end in its time is told as that, and has none beside it', async () => {
      const { name: it1 } = await started()
      const unended = { exitCode: undefined, output: '' }
      expect(await run(it1, 'hangs', 100)).toEqual(unended)
      expect(await run(it1, 'passes', TIME_LIMIT_MS)).toEqual(unended)
    })

    test('cannot be run in a container that stands still', async () => {
      const { name: it1 } = await started()
      await at.engine.stop(it1, { graceMs: 0 })
      await expect(run(it1, 'passes', TIME_LIMIT_MS)).rejects.toMatchObject({
        name: 'DeployError',
        code: 'start_failed',
      })
    })
  })

  describe('a log', () => {
    test('has the last lines, oldest first', async () => {
      const { name: it1 } = await started()
      // what a container says is in its log a moment later
      await expect
        .poll(() => at.engine.logs(it1, 50), { timeout: TIME_LIMIT_MS })
        .toEqual(['listening', 'oh no'])
      expect(await at.engine.logs(it1, 1)).toEqual(['oh no'])
    })

    test('outlives a stop', async () => {
      const { name: it1 } = await started()
      await expect.poll(() => at.engine.logs(it1, 50), { timeout: TIME_LIMIT_MS }).toHaveLength(2)
      await at.engine.stop(it1, { graceMs: 0 })
      expect(await at.engine.logs(it1, 50)).toEqual(['listening', 'oh no'])
    })

    test('of a container that is gone is empty', async () => {
      expect(await at.engine.logs(at.it.nameOf(at.it.plan()), 50)).toEqual([])
    })

    test('is read line by line with its times, from the end or from a moment on', async () => {
      const { name: it1 } = await started()
      await expect.poll(() => at.engine.logs(it1, 50), { timeout: TIME_LIMIT_MS }).toHaveLength(2)
      const read = async (options: { tail?: number; since?: string }) =>
        allOf(at.engine.lines(it1, { ...options, follow: false, signal: at.signal }))
      const all = await read({})
      expect(all.map(({ text }) => text)).toEqual(['listening', 'oh no'])
      for (const { at: moment } of all) expect(moment).toMatch(/^\d{4}-.*T.*\.\d{9}Z$/)
      expect(await read({ tail: 1 })).toEqual(all.slice(1))
      const [first, second] = all
      if ((first?.at ?? '') < (second?.at ?? '')) {
        expect(await read({ since: second?.at ?? '' })).toEqual(all.slice(1))
      }
    })

    test('is there until the container goes, and its end is told before', async () => {
      const { name: it1 } = await started()
      await expect.poll(() => at.engine.logs(it1, 50), { timeout: TIME_LIMIT_MS }).toHaveLength(2)
      const lines: string[] = []
      await at.engine.remove(it1, {
        graceMs: 0,
        async ended() {
          const log = at.engine.lines(it1, { follow: false, signal: at.signal })
          for await (const { text } of log) lines.push(text)
        },
      })
      expect(lines).toEqual(['listening', 'oh no'])
      const gone = at.engine.lines(it1, { follow: false, signal: at.signal })
      await expect(allOf(gone)).rejects.toMatchObject({ name: 'DeployError' })
    })
  })
}

async function allOf<T>(those: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of those) all.push(each)
  return all
}
