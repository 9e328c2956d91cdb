import { type TestSpecification, BaseSequencer } from 'vitest/node'
import { defineConfig } from 'vitest/config'
import { ROOTS } from './roots.ts'

/** The file that failed last notices the next fault of the same place too; else the shortest is asked first. */
class QuickestVerdict extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const cost = (file: TestSpecification): number => {
      const last = this.ctx.cache.getTestSpecificationResult(file)
      return last === undefined ? Infinity : last.failed ? 0 : last.duration
    }
    return files.toSorted((one, other) => cost(one) - cost(other))
  }
}

export default defineConfig({
  test: {
    include: ROOTS.map((root) => `test/${root}/**/*.test.ts`),
    // hundreds of random requests for each fault, which would take most of the time: a fault is for a test that names it
    exclude: ['**/properties.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // a worker for each fault, not for each file of tests as well
    isolate: false,
    // a limit on time or memory is passed by a machine that is busy, too
    retry: { count: 3, condition: /to be less than/ },
    sequence: { sequencer: QuickestVerdict },
  },
})
