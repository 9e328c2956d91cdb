import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Tests on real clusters, one file after the other: a cluster is much for a small machine. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/kubernetes/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 240_000, interval: 200 } },
    fileParallelism: false,
  },
})
