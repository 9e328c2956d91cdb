import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// what `npm run package` made: too long for `npm test`
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/package/**/*.test.ts'],
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    expect: { poll: { timeout: 120_000, interval: 100 } },
    globalSetup: ['test/support/global-setup.ts'],
    // they share the engine and two cores
    fileParallelism: false,
  },
})
