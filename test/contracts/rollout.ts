import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppSpec } from '../../receiver/core/app.ts'
import type { Bookkeeping, StoredDeployment } from '../../receiver/core/journal.ts'
import { createTurns } from '../../receiver/core/turns.ts'
import { reconcile } from '../../receiver/core/reconcile.ts'
import type { Rollout } from '../../receiver/core/rollout.ts'

/** A rollout at work, with what the suite needs to see and do from outside of it. */
export interface RolloutWorld {
  app: AppSpec
  rollout: Rollout<AppSpec>
  books: Bookkeeping
  /** Two digests that can be run, and one that never becomes healthy. */
  digests: { one: string; two: string; broken: string }
  accept(deployment: { id: string; digest: string }): void
  /** The digest that a visitor gets; `undefined` when nobody serves. */
  served(): Promise<string | undefined>
  /** Somebody stops what serves, behind the receiver's back. */
  meddle(): Promise<void>
  close(): Promise<void>
}

/** What every way to roll an app out has to hold to. */
export function rolloutContract(name: string, open: () => Promise<RolloutWorld>): void {
  describe(`the rollout of ${name}`, () => {
    const forever = new AbortController().signal
    let world: RolloutWorld
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    const find = (generation: number): StoredDeployment => {
      const stored = world.books.journal.find(world.app.name, generation)
      if (stored === undefined) throw new Error(`there is no generation ${generation}`)
      return stored
    }
    const look = (generation: number) => world.rollout.look(world.app, find(generation))
    const run = () =>
      reconcile(
        world.app,
        {
          ...world.books,
          rollouts: { docker: world.rollout, swarm: world.rollout, kubernetes: world.rollout },
          turns: createTurns(),
        },
        forever,
      )
    const deploy = (id: string, digest: string) => {
      world.accept({ id, digest })
      return run()
    }

    test('brings a deployment to its end by the steps that it names', async () => {
      world.accept({ id: 'dep_1', digest: world.digests.one })
      const before = await look(1)
      expect(before.isLive).toBe(false)
      expect(before.next).toBeTypeOf('string')
      await run()
      const after = await look(1)
      expect([after.isLive, after.next]).toEqual([true, undefined])
      expect(await world.served()).toBe(world.digests.one)
      const { status, steps, live_at } = find(1).deployment
      expect([status, live_at]).toEqual(['succeeded', expect.any(String)])
      const names = steps.map((step) => step.name)
      const commit = names.indexOf(world.rollout.steps.commit)
      expect(commit).toBeGreaterThan(-1)
      // of a Compose project alone
      const further = new Set(['services', 'migrate', 'workers'])
      for (const each of world.rollout.steps.anew) {
        if (!further.has(each)) expect(names).toContain(each)
      }
      for (const each of world.rollout.steps.cleanup) {
        expect(names.indexOf(each)).toBeGreaterThan(commit)
      }
    })

    test('changes nothing by looking', async () => {
      await deploy('dep_1', world.digests.one)
      world.accept({ id: 'dep_2', digest: world.digests.two })
      for (const generation of [1, 2]) {
        const [first, second] = [await look(generation), await look(generation)]
        expect([second.isLive, second.next]).toEqual([first.isLive, first.next])
      }
      expect(await world.served()).toBe(world.digests.one)
    })

    test('does a step again that a crash kept from being recorded', async () => {
      await deploy('dep_1', world.digests.one)
      world.accept({ id: 'dep_2', digest: world.digests.two })
      const { journal, clock } = world.books
      journal.append('dep_2', { type: 'started', at: clock.now() })
      for (;;) {
        const standing = await look(2)
        const step = standing.next
        if (step === undefined) break
        for (const again of [standing, await look(2)]) {
          // the first one may have brought it further than it could record
          if (again.next === step) await again.run({ progress: () => {}, signal: forever })
        }
        const at = clock.now()
        if (step === world.rollout.steps.commit) {
          journal.append('dep_2', { type: 'live', at }, { live: true })
        }
        journal.append('dep_2', { type: 'step', at, step, status: 'succeeded' })
      }
      expect((await look(2)).isLive).toBe(true)
      expect(await world.served()).toBe(world.digests.two)
    })

    test('leaves what served when a deployment fails before it is live', async () => {
      await deploy('dep_1', world.digests.one)
      await deploy('dep_2', world.digests.broken)
      const failed = find(2).deployment
      expect([failed.status, failed.live_at]).toEqual(['failed', undefined])
      expect(failed.error?.code).not.toBe('rolled_back')
      expect(await world.served()).toBe(world.digests.one)
      const standing = await look(1)
      expect([standing.isLive, standing.next]).toEqual([true, undefined])
    })

    test('goes back when a deployment fails after it was live', async () => {
      await deploy('dep_1', world.digests.one)
      await deploy('dep_2', world.digests.two)
      const { journal, clock } = world.books
      const previous = { deployment: 'dep_1', digest: world.digests.one }
      world.accept({ id: 'dep_3', digest: world.digests.one })
      journal.append('dep_3', { type: 'started', at: clock.now() })
      const image = { type: 'image', at: clock.now(), digest: world.digests.one } as const
      journal.append('dep_3', { ...image, previous: { ...previous, deployment: 'dep_2' } })
      for (;;) {
        const standing = await look(3)
        const step = standing.next
        const at = clock.now()
        if (step === undefined) throw new Error('it has no commit')
        await standing.run({ progress: () => {}, signal: forever })
        const isCommit = step === world.rollout.steps.commit
        if (isCommit) journal.append('dep_3', { type: 'live', at }, { live: true })
        journal.append('dep_3', { type: 'step', at, step, status: 'succeeded' })
        if (isCommit) break
      }
      const error = { code: 'unhealthy', message: 'it failed its checks' }
      journal.append('dep_3', {
        type: 'step',
        at: clock.now(),
        step: 'watch',
        status: 'failed',
        error,
      })
      const told = await world.rollout.abandon(world.app, find(3), forever)
      expect(told?.code).toBe('rolled_back')
      expect(told?.message).toContain('it failed its checks')
      expect(journal.live(world.app.name)?.deployment.id).toBe('dep_2')
      expect(await world.served()).toBe(world.digests.two)
    })

    test('repairs what somebody stopped, and nothing when nothing is wrong', async () => {
      await deploy('dep_1', world.digests.one)
      await world.rollout.repair(world.app, forever)
      expect(await world.served()).toBe(world.digests.one)
      await world.meddle()
      await world.rollout.repair(world.app, forever)
      // a container that was started is not one that answers yet
      await expect.poll(() => world.served()).toBe(world.digests.one)
      expect((await look(1)).isLive).toBe(true)
    })

    test('repairs nothing while a deployment is under way', async () => {
      world.accept({ id: 'dep_1', digest: world.digests.one })
      world.books.journal.append('dep_1', { type: 'started', at: world.books.clock.now() })
      await world.rollout.repair(world.app, forever)
      expect(await world.served()).toBeUndefined()
    })

    test('tidies up without a word when there is nothing to tidy', async () => {
      await world.rollout.tidy(world.app)
      await deploy('dep_1', world.digests.one)
      await world.rollout.tidy(world.app)
      expect(await world.served()).toBe(world.digests.one)
    })
  })
}
