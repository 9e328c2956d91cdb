import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // these end what hangs; they say nothing of how fast something is, on a machine that may have much else to do
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
    // most of them wait for engines, registries and servers, which share two cores on small machines
    maxWorkers: 4,
    // they import JSON as only bundlers do
    server: { deps: { inline: [/@actions\/(languageservice|workflow-parser|expressions)/] } },
  },
})
