import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SwarmApp } from '../../receiver/core/app.ts'
import type { Clock } from '../../receiver/core/clock.ts'
import type {
  Order,
  Orchestrator,
  OrderStatus,
} from '../../receiver/core/delegated/orchestrator.ts'

/** An orchestrator at work, with what the suite needs to see and do from outside of it. */
export interface OrchestratorWorld {
  orchestrator: Orchestrator<SwarmApp>
  clock: Clock
  repository: string
  digests: Readonly<Record<Version, string>>
  /** With a name of its own for each test. */
  app(changes?: Partial<SwarmApp>): SwarmApp
  /** Somebody else has it run another image, or removes it. */
  change(app: SwarmApp, image: string | undefined): Promise<void>
  /** More than any node has: what is done to an app so that it finds no place. */
  tooBig(app: SwarmApp): SwarmApp
  close(): Promise<void>
}

export type Version =
  'one' | 'two' | 'missing' | 'crashes' | 'crashes later' | 'never ready' | 'no room'

const WAIT_MS = 300_000
const LOOK_MS = 250

/** What everything that rolls apps out by itself has to hold to. */
export function orchestratorContract(name: string, open: () => Promise<OrchestratorWorld>): void {
  describe(`the orchestrator ${name}`, () => {
    const forever = new AbortController().signal
    let world: OrchestratorWorld
    let app: SwarmApp
    let orchestrator: Orchestrator<SwarmApp>
    beforeAll(async () => {
      world = await open()
      orchestrator = world.orchestrator
    })
    beforeEach(() => {
      app = world.app()
    })
    afterEach(async () => void (await orchestrator.remove(app.name)))
    afterAll(() => world?.close())

    const order = (generation: number, version: Version, of = app): Order<SwarmApp> => ({
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
    ] as const)(
      'goes back by itself from one that is %s, and tells why',
      async ([version, code]) => {
        await apply(1, 'one')
        await settled(1)
        await apply(2, version)
        const { failures, phase } = await until(
          (status) => status.generation === 1 && isWhole(status) && status.phase === 'undone',
          'back',
        )
        expect(phase).toBe('undone')
        const failure = failures.find(({ generation }) => generation === 2)
        expect(failure).toMatchObject({ code, where: expect.stringMatching(/./) })
        if (code === 'exited') {
          expect(failure?.exitCode).toBe(7)
          expect(await orchestrator.logs(app, failure?.instance ?? '', 10)).toContain('no database')
        }
        expect(await generations()).toEqual(['1.1', '1.2'])
      },
    )

    test('tells what the first order of all failed of, and goes on with nothing when it is undone', async () => {
      await apply(1, 'crashes')
      const { failures } = await until(({ failures: all }) => all.length > 0, 'failed')
      expect(failures[0]).toMatchObject({ generation: 1, code: 'exited', exitCode: 7 })
      await orchestrator.undo(order(1, 'crashes'), undefined, forever)
      expect((await orchestrator.status(app)).phase).toBe('absent')
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
      const big = order(2, 'no room', world.tooBig(app))
      await orchestrator.apply(big, forever)
      const { waits, old } = await until(
        (status) => status.waits?.includes('no suitable node') === true,
        'out of room',
      )
      expect(waits).toContain('waits for a place')
      expect(old).toBeGreaterThan(0)
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
      await apply(2, 'two')
      await runsAll(2)
    })

    test('runs a command once, in an image, and tells what it printed and came to', async () => {
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
      expect((await orchestrator.status(app)).phase).toBe('absent')
    })

    test('takes away all that it made', async () => {
      await apply(1, 'one')
      await settled(1)
      expect(await orchestrator.remove(app.name)).toHaveLength(1)
      expect((await orchestrator.status(app)).phase).toBe('absent')
      expect(await orchestrator.remove(app.name)).toEqual([])
    })
  })
}
