import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AppSpec } from '../../receiver/core/app.ts'
import type { Clock } from '../../receiver/core/clock.ts'
import type {
  Order,
  Orchestrator,
  OrderStatus,
} from '../../receiver/core/delegated/orchestrator.ts'

/** An orchestrator at work, with what the suite needs to see and do from outside of it. */
export interface OrchestratorWorld<App extends AppSpec> {
  orchestrator: Orchestrator<App>
  clock: Clock
  repository: string
  digests: Readonly<Record<Version, string>>
  /** With a name of its own for each test. */
  app(changes?: Partial<App>): App
  /** Has what an app's owner makes himself be there, with version `one`; resolves to what takes it away. Absent: the orchestrator makes all. */
  prepare?(app: App): Promise<() => Promise<void>>
  /** Somebody else has it run another image, or removes it. */
  change(app: App, image: string | undefined): Promise<void>
  /** More than any node has: what is done to an app so that it finds no place. */
  tooBig(app: App): App | Promise<App>
  /** Takes that back, where it is no part of an order. */
  smallAgain?(app: App): Promise<void>
  /** In the orchestrator's words. */
  noRoom: string
  /** Whether it leaves what fails without being told. */
  goesBack: boolean
  close(): Promise<void>
}

export type Version =
  'one' | 'two' | 'missing' | 'crashes' | 'crashes later' | 'never ready' | 'no room'

const WAIT_MS = 300_000
const LOOK_MS = 250

/** What everything that rolls apps out by itself has to hold to. */
export function orchestratorContract<App extends AppSpec>(
  name: string,
  open: () => Promise<OrchestratorWorld<App>>,
): void {
  describe(`the orchestrator ${name}`, () => {
    const forever = new AbortController().signal
    let world: OrchestratorWorld<App>
    let app: App
    let orchestrator: Orchestrator<App>
    let clear: (() => Promise<void>) | undefined
    beforeAll(async () => {
      world = await open()
      orchestrator = world.orchestrator
    })
    beforeEach(async () => {
      app = world.app()
      clear = await world.prepare?.(app)
    })
    afterEach(async () => {
      await orchestrator.remove(app.name)
      await clear?.()
    })
    afterAll(() => world?.close())

    const order = (generation: number, version: Version, of = app): Order<App> => ({
      app: of,
      deployment: `dep_${generation}`,
      generation,
      repository: world.repository,
      digest: world.digests[version],
    })
    const apply = (generation: number, version: Version) =>
      orchestrator.apply(order(generation, version), forever)

    /** Looks on until it is as it should be. */
    async function until(
      check: (status: OrderStatus) => boolean,
      what: string,
    ): Promise<OrderStatus> {
      const end = world.clock.ms() + WAIT_MS
      for (;;) {
        const status = await orchestrator.status(app)
        if (check(status)) return status
        if (world.clock.ms() > end) throw new Error(`never ${what}: ${JSON.stringify(status)}`)
        await world.clock.sleep(LOOK_MS, forever)
      }
    }
    const isOf = (generation: number) => (each: { generation: number }) =>
      each.generation === generation
    const isWhole = ({ updated, wanted, old }: OrderStatus) =>
      wanted > 0 && updated === wanted && old === 0
    const runsAll = (generation: number) =>
      until((status) => status.generation === generation && isWhole(status), `all ${generation}`)
    const settled = (generation: number) =>
      until(
        (status) =>
          status.generation === generation && isWhole(status) && status.phase === 'settled',
        `settled at ${generation}`,
      )
    const generations = async () =>
      (await orchestrator.instances(app))
        .filter(({ running }) => running)
        .map(({ generation, replica }) => `${generation}.${replica}`)
        .toSorted()

    test('knows nothing of an app that it was never told of', async () => {
      app = world.app()
      const { phase, generation, image, failures } = await orchestrator.status(app)
      expect([phase, generation, image, failures]).toEqual(['absent', undefined, undefined, []])
      expect(await orchestrator.instances(app)).toEqual([])
      await orchestrator.undo(order(1, 'one'), undefined, forever)
      expect(await orchestrator.remove(app.name)).toEqual([])
    })

    test('rolls the first order out, and the next one in its place', async () => {
      await apply(1, 'one')
      const first = await settled(1)
      expect(first.image).toBe(`${world.repository}@${world.digests.one}`)
      expect(first.failures).toEqual([])
      expect(await generations()).toEqual(['1.1', '1.2'])
      await apply(2, 'two')
      const { image, failures } = await settled(2)
      expect([image, failures]).toEqual([`${world.repository}@${world.digests.two}`, []])
      expect(await generations()).toEqual(['2.1', '2.2'])
    })

    test('does nothing when an order stands already', async () => {
      await apply(1, 'one')
      await settled(1)
      const before = (await orchestrator.instances(app)).map(({ id }) => id)
      await apply(1, 'one')
      await world.clock.sleep(2000, forever)
      expect((await settled(1)).generation).toBe(1)
      expect((await orchestrator.instances(app)).map(({ id }) => id)).toEqual(before)
    })

    test.for([
      ['missing', 'image_missing'],
      ['crashes', 'exited'],
      ['crashes later', 'exited'],
    ] as const)('is back from one that is %s, and tells why', async ([version, code]) => {
      await apply(1, 'one')
      await settled(1)
      await apply(2, version)
      const { failures } = await until((status) => status.failures.some(isOf(2)), 'failed')
      const failure = failures.find(isOf(2))
      expect(failure).toMatchObject({ code, where: expect.stringMatching(/./) })
      if (code === 'exited') {
        expect(failure?.exitCode).toBe(7)
        expect(await orchestrator.logs(app, failure?.instance ?? '', 10)).toContain('no database')
      }
      if (!world.goesBack) {
        await orchestrator.undo(order(2, version), order(1, 'one'), forever)
        await settled(1)
      } else {
        const isBack = (status: OrderStatus) =>
          status.generation === 1 && isWhole(status) && status.phase === 'undone'
        expect((await until(isBack, 'back')).failures.some(isOf(2))).toBe(true)
      }
      expect(await generations()).toEqual(['1.1', '1.2'])
    })

    test('tells what the first order of all failed of, and goes on with what was there when it is undone', async () => {
      const { phase } = await orchestrator.status(app)
      await apply(1, 'crashes')
      const { failures } = await until(({ failures: all }) => all.length > 0, 'failed')
      expect(failures[0]).toMatchObject({ generation: 1, code: 'exited', exitCode: 7 })
      await orchestrator.undo(order(1, 'crashes'), undefined, forever)
      const after = await until((status) => status.phase === phase, phase)
      expect(after.generation).toBeUndefined()
    })

    test('keeps the old ones while new ones do not get ready, and undoes that when told', async () => {
      await apply(1, 'one')
      await settled(1)
      await apply(2, 'never ready')
      const { updated, old, phase } = await until(({ waits }) => waits !== undefined, 'waiting')
      expect([updated, phase]).toEqual([0, 'updating'])
      expect(old).toBeGreaterThan(0)
      await orchestrator.undo(order(2, 'never ready'), order(1, 'one'), forever)
      await runsAll(1)
      expect(await generations()).toEqual(['1.1', '1.2'])
    })

    test('says that there is no room, and undoes that when told', async () => {
      await apply(1, 'one')
      await settled(1)
      const big = order(2, 'no room', await world.tooBig(app))
      await orchestrator.apply(big, forever)
      const { old } = await until(
        (status) => status.waits?.includes(world.noRoom) === true,
        'out of room',
      )
      expect(old).toBeGreaterThan(0)
      await world.smallAgain?.(app)
      await orchestrator.undo(big, order(1, 'one'), forever)
      await runsAll(1)
    })

    test('undoes an order, and the undoing as well', async () => {
      await apply(1, 'one')
      await settled(1)
      await apply(2, 'two')
      await settled(2)
      await orchestrator.undo(order(2, 'two'), order(1, 'one'), forever)
      expect((await runsAll(1)).image).toContain(world.digests.one)
      await orchestrator.undo(order(1, 'one'), order(2, 'two'), forever)
      expect((await runsAll(2)).image).toContain(world.digests.two)
      expect(await generations()).toEqual(['2.1', '2.2'])
    })

    test('knows what stood before when it is not told', async () => {
      await apply(1, 'one')
      await settled(1)
      await apply(2, 'two')
      await settled(2)
      await orchestrator.undo(order(2, 'two'), undefined, forever)
      const { image } = await until(
        (status) => status.image?.includes(world.digests.one) === true && isWhole(status),
        'back',
      )
      expect(image).toBe(`${world.repository}@${world.digests.one}`)
    })

    test('tells that somebody else changed it in the midst of it, and by whom it was not', async () => {
      await apply(1, 'one')
      await settled(1)
      await apply(2, 'two')
      const theirs = `${world.repository}@${world.digests.one}`
      await world.change(app, theirs)
      const { generation, image } = await until(isWhole, 'changed')
      expect([generation, image]).toEqual([undefined, theirs])
      // what is ordered next goes over it
      await apply(3, 'two')
      expect((await runsAll(3)).generation).toBe(3)
    })

    test('tells that somebody removed it', async () => {
      await apply(1, 'one')
      await settled(1)
      await world.change(app, undefined)
      expect((await orchestrator.status(app)).phase).toBe('absent')
      if (world.prepare !== undefined) {
        await expect(apply(2, 'two')).rejects.toMatchObject({ code: 'workload_missing' })
        await world.prepare(app)
      }
      await apply(3, 'two')
      await runsAll(3)
    })

    test('runs a command once, in an image, and tells what it printed and came to', async () => {
      const { phase } = await orchestrator.status(app)
      const lines: string[] = []
      const run = () =>
        orchestrator.runOnce(order(1, 'one'), {
          name: 'release-1',
          command: ['/bin/busybox', 'sh', '-c', 'echo one; echo two; exit 0'],
          timeoutMs: WAIT_MS,
          output: (line) => lines.push(line),
          signal: forever,
        })
      expect(await run()).toEqual({ exitCode: 0 })
      expect(lines).toEqual(['one', 'two'])
      // what was begun before a crash is not begun again
      expect(await run()).toEqual({ exitCode: 0 })
      await orchestrator.removeCommands(app)
      expect((await orchestrator.status(app)).phase).toBe(phase)
    })

    test('takes away all that it made', async () => {
      await apply(1, 'one')
      await settled(1)
      expect(await orchestrator.remove(app.name)).toHaveLength(world.prepare === undefined ? 1 : 0)
      const { phase } = await orchestrator.status(app)
      expect(phase).toBe(world.prepare === undefined ? 'absent' : 'settled')
      expect(await orchestrator.remove(app.name)).toEqual([])
    })
  })
}
