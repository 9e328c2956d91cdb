import { describe, expect, test } from 'vitest'
import type { DeployError } from '../../receiver/core/errors.ts'
import type { ReleasePlan } from '../../receiver/core/slots/ports.ts'
import type { EngineAtWork } from './engine-at-work.ts'

/** What the port promises of release commands. */
export function engineReleases(at: EngineAtWork): void {
  const { signal, further, pull, withoutImages } = at

  describe('a release command', () => {
    /** Runs it until the receiver stops, which is when it has said "two". */
    async function cutShort(plan: ReleasePlan) {
      const stopping = new AbortController()
      const output = (line: string) => {
        if (line === 'two') stopping.abort(new Error('the receiver stops'))
      }
      const ran = at.engine.runOnce(plan, { output, signal: stopping.signal })
      await expect(ran).rejects.toThrow('the receiver stops')
    }
    const runOnce = async (plan: ReleasePlan) => {
      const lines: string[] = []
      const output = (line: string) => void lines.push(line)
      const { exitCode } = await at.engine.runOnce(plan, { output, signal })
      return { lines, exitCode }
    }
    const WHOLE = { lines: ['one', 'two'], exitCode: 3 }

    test('runs to its end, and gives its output and its exit code', async () => {
      await pull(at.it.image)
      const { plan, started: times } = at.it.release('at once')
      expect(await runOnce(plan)).toEqual(WHOLE)
      expect(times()).toBe(1)
    })

    test('is no container of the app', async () => {
      await pull(at.it.image)
      const { plan, end } = at.it.release('until end')
      await cutShort(plan)
      expect(await at.engine.containers('contract')).toEqual([])
      await end()
      await runOnce(plan)
      expect(await at.engine.containers('contract')).toEqual([])
    })

    test('that runs on after a crash is waited for, and no second one is started', async () => {
      await pull(at.it.image)
      const { plan, started: times, end } = at.it.release('until end')
      await cutShort(plan)
      const again = runOnce(plan)
      await end()
      expect(await again).toEqual(WHOLE)
      expect(times()).toBe(1)
    })

    test(
      'that ended while nobody looked is told of, and no second one is started',
      further,
      async () => {
        await pull(at.it.image)
        const { plan, started: times, end } = at.it.release('until end')
        await cutShort(plan)
        await end()
        expect(await runOnce(plan)).toEqual(WHOLE)
        expect(times()).toBe(1)
      },
    )

    test('may be cut short again and again', further, async () => {
      await pull(at.it.image)
      const { plan, started: times, end } = at.it.release('until end')
      for (let crashes = 0; crashes < 3; crashes++) await cutShort(plan)
      await end()
      expect(await runOnce(plan)).toEqual(WHOLE)
      expect(times()).toBe(1)
    })

    test('is told of again until it is removed: its end may not be on record yet', async () => {
      await pull(at.it.image)
      const { plan, started: times } = at.it.release('at once')
      await runOnce(plan)
      expect(await runOnce(plan)).toEqual(WHOLE)
      expect(times()).toBe(1)
      await at.engine.removeReleases(plan.app.name)
      await runOnce(plan)
      expect(times()).toBe(2)
    })

    test('is removed though it runs, and those of other apps stay', async () => {
      await pull(at.it.image)
      const { plan, started: times } = at.it.release('until end')
      await cutShort(plan)
      await at.engine.removeReleases('contract-other')
      await cutShort(plan)
      expect(times()).toBe(1)
      await at.engine.removeReleases(plan.app.name)
      await cutShort(plan)
      expect(times()).toBe(2)
    })

    test('of another installation is left alone', async () => {
      await pull(at.it.image)
      const { plan, started: times, end } = at.it.release('until end')
      await cutShort(plan)
      await at.it.neighbour.removeReleases(plan.app.name)
      await end()
      expect(await runOnce(plan)).toEqual(WHOLE)
      expect(times()).toBe(1)
    })

    test('that prints megabytes without a line end is cut, and ends as any', async () => {
      await pull(at.it.image)
      const { lines, exitCode } = await runOnce(at.it.release('without a line end').plan)
      expect(exitCode).toBe(3)
      expect(lines.slice(0, 2)).toEqual(['one', 'two'])
      // cut, and a sign that it is
      expect(lines.slice(2).map(({ length }) => length)).toEqual([1001])
    })

    test('of another generation is another one', further, async () => {
      await pull(at.it.image)
      const [first, second] = [at.it.release('at once'), at.it.release('at once')]
      await runOnce(first.plan)
      expect(await runOnce(second.plan)).toEqual(WHOLE)
    })

    test('that takes longer than its time is release_failed', async () => {
      await pull(at.it.image)
      const { plan } = at.it.release('for ever')
      await expect(runOnce({ ...plan, timeoutMs: 1500 })).rejects.toMatchObject({
        code: 'release_failed',
        message: expect.stringContaining('ran for more than 1.5 s'),
      })
    })

    test('of an image that is not there is release_failed', async () => {
      await withoutImages()
      const { plan } = at.it.release('at once')
      const refused = await runOnce(plan).catch((error: DeployError) => error)
      expect(refused).toMatchObject({ name: 'DeployError', code: 'release_failed' })
    })
  })
}
