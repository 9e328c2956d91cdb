import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { DeployError } from '../../receiver/core/errors.ts'
import type { ContainerPlan, ReleasePlan } from '../../receiver/core/slots/ports.ts'
import type { Engine } from '../../receiver/edges/docker/engine.ts'
import { TIME_LIMIT_MS } from './time-limit.ts'

interface Image {
  repository: string
  digest: string
}

export interface EngineUnderTest {
  engine: Engine
  /** The same engine, with a login that the registry refuses. */
  stranger: Engine
  /** Two of one repository, which the engine does not hold at first. They EXPOSE 8000 and have no HEALTHCHECK. */
  image: Image
  other: Image
  /** What its registry does not have, and one whose registry does not answer. */
  missing: Image
  away: Image
  /** What its layers unpack to, from the lowest. */
  layersOf(image: Image): Promise<string[]>
  /** A container of `image` in blue, which says "listening" and "oh no" and serves until it is stopped. */
  plan(change?: Partial<ContainerPlan>): ContainerPlan
  /** Further addresses beside that of `plan()`. */
  addresses: readonly [string, string]
  nameOf(plan: ContainerPlan): string
  /** What others do to a container, behind our back. */
  befall: Readonly<Record<'pause' | 'cutOff' | 'kill', (name: string) => Promise<void>>>
  /** A command that says "one" and "two", waits for `end` if it is to, and ends with 3. */
  release(waits: 'at once' | 'until end' | 'for ever'): {
    plan: ReleasePlan
    /** How often it was started. */
    started(): number
    /** Resolves when it has ended. */
    end(): Promise<void>
  }
  close(): Promise<void>
}

/** What the port `Engine` promises: each call may come again after a crash. */
export function engineContract(name: string, open: () => Promise<EngineUnderTest>): void {
  describe(`engine: ${name}`, { timeout: TIME_LIMIT_MS }, () => {
    const signal = new AbortController().signal
    const APPS = ['contract', 'contract-other']
    let it: EngineUnderTest
    let engine: Engine
    beforeAll(async () => {
      it = await open()
      engine = it.engine
    }, TIME_LIMIT_MS)
    afterEach(async () => {
      for (const app of APPS) {
        for (const { name: each } of await engine.containers(app)) {
          await engine.remove(each, { graceMs: 0 })
        }
      }
      const { repository } = it.image
      await engine.removeImages(repository, [it.image.digest, it.other.digest])
    }, TIME_LIMIT_MS)
    afterAll(() => it.close(), TIME_LIMIT_MS)

    const pull = (image: Image, by = engine, until = signal) =>
      by.pull(image, { progress: () => {}, signal: until })
    const otherApp = (change: Partial<ContainerPlan> = {}) =>
      it.plan({ app: { ...it.plan().app, name: 'contract-other' }, ...change })

    /** A container that runs, as the engine shows it. */
    async function started(change: Partial<ContainerPlan> = {}) {
      await pull(it.image)
      const plan = it.plan(change)
      await engine.start(plan)
      const container = await engine.container(it.nameOf(plan))
      if (container === undefined) throw new Error(`${it.nameOf(plan)} is not there`)
      return { plan, container, name: container.name }
    }
    const look = async (container: string) => {
      const { running, exitCode, restarts, pid, id } = (await engine.container(container)) ?? {}
      return { running, exitCode, restarts, id, hasProcess: pid !== 0 }
    }

    describe('a pull', () => {
      test('brings an image once: one that is there is not pulled again', async () => {
        expect(await engine.holds(it.image)).toBe(false)
        expect(await pull(it.image)).toEqual({ pulled: true })
        expect(await engine.holds(it.image)).toBe(true)
        expect(await pull(it.image)).toEqual({ pulled: false })
      })

      test('of what is there asks nobody: a login that is refused does not matter', async () => {
        await pull(it.image)
        expect(await pull(it.image, it.stranger)).toEqual({ pulled: false })
      })

      test('brings that image, and not another one of its repository', async () => {
        await pull(it.image)
        expect(await engine.holds(it.other)).toBe(false)
        expect(await engine.holds({ ...it.image, repository: `${it.image.repository}-x` })).toBe(
          false,
        )
      })

      test('of a digest that there is not is image_missing, and brings nothing', async () => {
        await expect(pull(it.missing)).rejects.toMatchObject({
          name: 'DeployError',
          code: 'image_missing',
        })
        expect(await engine.holds(it.missing)).toBe(false)
      })

      test('from a registry that does not answer is registry_unreachable', async () => {
        await expect(pull(it.away)).rejects.toMatchObject({ code: 'registry_unreachable' })
      })

      test('from a registry that does not let in is registry_denied', async () => {
        await expect(pull(it.image, it.stranger)).rejects.toMatchObject({ code: 'registry_denied' })
        expect(await engine.holds(it.image)).toBe(false)
      })

      test('that nobody waits for any more says why it ended', async () => {
        const stopped = AbortSignal.abort(new Error('the receiver stops'))
        await expect(pull(it.image, engine, stopped)).rejects.toThrow('the receiver stops')
      })
    })

    describe('an image', () => {
      test('tells what it is made for', async () => {
        await pull(it.image)
        expect(await engine.image(it.image)).toEqual({ ports: [8000], hasHealthcheck: false })
      })

      test('that is not there tells nothing', async () => {
        await expect(engine.image(it.image)).rejects.toMatchObject({ code: 'start_failed' })
      })

      test('is listed with those of its repository, and no others', async () => {
        expect(await engine.images(it.image.repository)).toEqual([])
        await pull(it.image)
        await pull(it.other)
        const digests = [it.image.digest, it.other.digest].toSorted()
        expect((await engine.images(it.image.repository)).toSorted()).toEqual(digests)
        expect(await engine.images(`${it.image.repository}-x`)).toEqual([])
      })

      test('that is removed is gone, alone, and removing it again is nothing', async () => {
        await pull(it.image)
        await pull(it.other)
        const { repository, digest } = it.image
        for (let times = 0; times < 2; times++) {
          await engine.removeImages(repository, [digest, it.missing.digest])
          expect(await engine.images(repository)).toEqual([it.other.digest])
        }
        expect(await pull(it.image)).toEqual({ pulled: true })
      })

      test('that a container has stays, also while that stands still', async () => {
        const { name: container } = await started()
        const { repository, digest } = it.image
        await engine.removeImages(repository, [digest])
        expect(await engine.holds(it.image)).toBe(true)
        await engine.stop(container, { graceMs: 0 })
        await engine.removeImages(repository, [digest])
        expect(await engine.holds(it.image)).toBe(true)
        await engine.remove(container, { graceMs: 0 })
        await engine.removeImages(repository, [digest])
        expect(await engine.holds(it.image)).toBe(false)
      })

      test('that is in use does not keep the others', async () => {
        await started()
        await pull(it.other)
        await engine.removeImages(it.image.repository, [it.image.digest, it.other.digest])
        expect(await engine.images(it.image.repository)).toEqual([it.image.digest])
      })

      test('that is held has its layers among those of the engine', async () => {
        const layers = await it.layersOf(it.image)
        expect(layers.length).toBeGreaterThan(0)
        await pull(it.image)
        expect(await engine.layers()).toContainEqual(layers)
        await engine.removeImages(it.image.repository, [it.image.digest])
        expect(await engine.layers()).not.toContainEqual(layers)
      })
    })

    test('the disk has a path, room and a platform, when it is on this machine', async () => {
      const disk = await engine.disk()
      if (disk === undefined) return
      expect(disk.path).toMatch(/^\//)
      expect(disk.freeBytes).toBeGreaterThan(0)
      expect(disk.platform).toEqual({
        os: 'linux',
        architecture: expect.stringMatching(/^[a-z0-9]+$/),
      })
    })

    describe('a start', () => {
      test('makes a container that runs, with all that the plan says', async () => {
        const { plan, container } = await started()
        expect(container).toMatchObject({
          name: it.nameOf(plan),
          app: 'contract',
          generation: plan.generation,
          slot: 'blue',
          replica: 1,
          digest: it.image.digest,
          address: plan.address,
          port: 8000,
          running: true,
          exitCode: 0,
          oomKilled: false,
          restarts: 0,
        })
        expect(container.pid).toBeGreaterThan(0)
        expect(container).not.toHaveProperty('health')
        expect(await engine.containers('contract')).toEqual([container])
      })

      test('twice is one container, which runs on', async () => {
        const { plan, container } = await started()
        await engine.start(plan)
        expect(await engine.containers('contract')).toEqual([container])
      })

      test('twice at once is one container', async () => {
        await pull(it.image)
        // one of them may lose the race; a crash never has two at once
        await Promise.allSettled([engine.start(it.plan()), engine.start(it.plan())])
        await engine.start(it.plan())
        expect(await engine.containers('contract')).toHaveLength(1)
      })

      test('of one that was stopped goes on with it', async () => {
        const { plan, container, name: it1 } = await started()
        await engine.stop(it1, { graceMs: 0 })
        await engine.start(plan)
        expect(await look(it1)).toEqual({
          running: true,
          exitCode: 0,
          restarts: 0,
          id: container.id,
          hasProcess: true,
        })
      })

      test.for(['pause', 'cutOff', 'kill'] as const)(
        'of one that befell %s has it running again, the same one',
        async (what) => {
          const { plan, container, name: it1 } = await started()
          await it.befall[what](it1)
          expect(await look(it1)).toMatchObject({ running: false })
          await engine.start(plan)
          expect(await look(it1)).toMatchObject({ running: true, exitCode: 0, id: container.id })
        },
      )

      test('of another replica, slot or generation is another container', async () => {
        const [second, third] = it.addresses
        await started()
        await engine.start(it.plan({ replica: 2, address: second }))
        await engine.start(it.plan({ slot: 'green', generation: 2, address: third }))
        const shown = (await engine.containers('contract')).map(
          ({ generation, slot, replica, address }) => `${generation} ${slot} ${replica} ${address}`,
        )
        expect(shown.toSorted()).toEqual([
          `1 blue 1 ${it.plan().address}`,
          `1 blue 2 ${second}`,
          `2 green 1 ${third}`,
        ])
      })

      test('of an image that is not there is start_failed, and leaves nothing', async () => {
        await expect(engine.start(it.plan())).rejects.toMatchObject({
          name: 'DeployError',
          code: 'start_failed',
        })
        expect(await engine.containers('contract')).toEqual([])
      })

      test('in a network that there is not is start_failed, names it, and leaves nothing', async () => {
        await pull(it.image)
        const { app } = it.plan()
        const container = { ...app.container, networks: ['nowhere'] }
        await expect(engine.start(it.plan({ app: { ...app, container } }))).rejects.toMatchObject({
          code: 'start_failed',
          message: expect.stringContaining('nowhere'),
        })
        expect(await engine.containers('contract')).toEqual([])
      })

      test('at an address that another one has is start_failed, and leaves nothing', async () => {
        await started()
        await expect(engine.start(otherApp())).rejects.toMatchObject({ code: 'start_failed' })
        expect(await engine.containers('contract-other')).toEqual([])
      })

      test('at an address that was left works', async () => {
        const { name: it1 } = await started()
        await engine.remove(it1, { graceMs: 0 })
        await engine.start(otherApp())
        expect(await engine.containers('contract-other')).toMatchObject([{ running: true }])
      })
    })

    describe('a container', () => {
      test('is its app’s own', async () => {
        const [second] = it.addresses
        await started()
        await engine.start(otherApp({ address: second }))
        expect(await engine.containers('contract')).toMatchObject([{ app: 'contract' }])
        expect(await engine.containers('contract-other')).toMatchObject([{ app: 'contract-other' }])
        expect(await engine.containers('contract-none')).toEqual([])
      })

      test('that is not there is undefined', async () => {
        expect(await engine.container(it.nameOf(it.plan()))).toBeUndefined()
      })

      test('that is stopped stands still, and stopping it again is nothing', async () => {
        const { name: it1 } = await started()
        for (let times = 0; times < 2; times++) {
          await engine.stop(it1, { graceMs: 0 })
          expect(await look(it1)).toMatchObject({ running: false, hasProcess: false })
        }
      })

      test('that is gone can be stopped and removed: there is nothing to do', async () => {
        const gone = it.nameOf(it.plan())
        await engine.stop(gone, { graceMs: 1000 })
        await engine.remove(gone, { graceMs: 1000 })
      })

      test('that is removed is gone, and removing it again is nothing', async () => {
        const { name: it1 } = await started()
        for (let times = 0; times < 2; times++) {
          await engine.remove(it1, { graceMs: 0 })
          expect(await engine.container(it1)).toBeUndefined()
          expect(await engine.containers('contract')).toEqual([])
        }
      })

      test.for(['pause', 'cutOff', 'kill'] as const)(
        'that befell %s can be stopped and removed',
        async (what) => {
          const { name: it1 } = await started()
          await it.befall[what](it1)
          await engine.stop(it1, { graceMs: 0 })
          expect(await look(it1)).toMatchObject({ running: false, hasProcess: false })
          await engine.remove(it1, { graceMs: 0 })
          expect(await engine.containers('contract')).toEqual([])
        },
      )

      test('that was killed tells with what it ended', async () => {
        const { name: it1 } = await started()
        await it.befall.kill(it1)
        expect(await look(it1)).toMatchObject({ running: false, exitCode: 137, hasProcess: false })
      })
    })

    describe('a start again', () => {
      test('of one that stands still has it running, and again is nothing', async () => {
        const { container, name: it1 } = await started()
        await engine.stop(it1, { graceMs: 0 })
        for (let times = 0; times < 2; times++) {
          await engine.startAgain(it1)
          expect(await look(it1)).toMatchObject({ running: true, exitCode: 0, id: container.id })
        }
      })

      test('of one that runs leaves it alone', async () => {
        const { container, name: it1 } = await started()
        await engine.startAgain(it1)
        expect(await engine.container(it1)).toEqual(container)
      })

      test('of one that is gone is start_failed', async () => {
        await expect(engine.startAgain(it.nameOf(it.plan()))).rejects.toMatchObject({
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
          .poll(() => engine.logs(it1, 50), { timeout: TIME_LIMIT_MS })
          .toEqual(['listening', 'oh no'])
        expect(await engine.logs(it1, 1)).toEqual(['oh no'])
      })

      test('outlives a stop', async () => {
        const { name: it1 } = await started()
        await expect.poll(() => engine.logs(it1, 50), { timeout: TIME_LIMIT_MS }).toHaveLength(2)
        await engine.stop(it1, { graceMs: 0 })
        expect(await engine.logs(it1, 50)).toEqual(['listening', 'oh no'])
      })

      test('of a container that is gone is empty', async () => {
        expect(await engine.logs(it.nameOf(it.plan()), 50)).toEqual([])
      })
    })

    describe('a release command', () => {
      /** Runs it until the receiver stops, which is when it has said "two". */
      async function cutShort(plan: ReleasePlan) {
        const stopping = new AbortController()
        const output = (line: string) => {
          if (line === 'two') stopping.abort(new Error('the receiver stops'))
        }
        const ran = engine.runOnce(plan, { output, signal: stopping.signal })
        await expect(ran).rejects.toThrow('the receiver stops')
      }
      const runOnce = async (plan: ReleasePlan) => {
        const lines: string[] = []
        const output = (line: string) => void lines.push(line)
        const { exitCode } = await engine.runOnce(plan, { output, signal })
        return { lines, exitCode }
      }
      const WHOLE = { lines: ['one', 'two'], exitCode: 3 }

      test('runs to its end, and gives its output and its exit code', async () => {
        await pull(it.image)
        const { plan, started: times } = it.release('at once')
        expect(await runOnce(plan)).toEqual(WHOLE)
        expect(times()).toBe(1)
      })

      test('is no container of the app', async () => {
        await pull(it.image)
        const { plan, end } = it.release('until end')
        await cutShort(plan)
        expect(await engine.containers('contract')).toEqual([])
        await end()
        await runOnce(plan)
        expect(await engine.containers('contract')).toEqual([])
      })

      test('that runs on after a crash is waited for, and no second one is started', async () => {
        await pull(it.image)
        const { plan, started: times, end } = it.release('until end')
        await cutShort(plan)
        const again = runOnce(plan)
        await end()
        expect(await again).toEqual(WHOLE)
        expect(times()).toBe(1)
      })

      test('that ended while nobody looked is told of, and no second one is started', async () => {
        await pull(it.image)
        const { plan, started: times, end } = it.release('until end')
        await cutShort(plan)
        await end()
        expect(await runOnce(plan)).toEqual(WHOLE)
        expect(times()).toBe(1)
      })

      test('may be cut short again and again', async () => {
        await pull(it.image)
        const { plan, started: times, end } = it.release('until end')
        for (let crashes = 0; crashes < 3; crashes++) await cutShort(plan)
        await end()
        expect(await runOnce(plan)).toEqual(WHOLE)
        expect(times()).toBe(1)
      })

      test('of another generation is another one', async () => {
        await pull(it.image)
        const [first, second] = [it.release('at once'), it.release('at once')]
        await runOnce(first.plan)
        expect(await runOnce(second.plan)).toEqual(WHOLE)
      })

      test('that takes longer than its time is release_failed', async () => {
        await pull(it.image)
        const { plan } = it.release('for ever')
        await expect(runOnce({ ...plan, timeoutMs: 1500 })).rejects.toMatchObject({
          code: 'release_failed',
          message: expect.stringContaining('ran for more than 1.5 s'),
        })
      })

      test('of an image that is not there is release_failed', async () => {
        const { plan } = it.release('at once')
        const refused = await runOnce(plan).catch((error: DeployError) => error)
        expect(refused).toMatchObject({ name: 'DeployError', code: 'release_failed' })
      })
    })
  })
}
