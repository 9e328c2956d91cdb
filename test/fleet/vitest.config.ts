import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Three engines at once are many for a small machine. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/fleet/*.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 300_000, interval: 200 } },
    fileParallelism: false,
  },
})
