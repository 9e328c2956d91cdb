import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Tests that start swarms of their own, one file after the other: their engines are many for a small machine. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/swarm/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000, interval: 200 } },
    fileParallelism: false,
  },
})
