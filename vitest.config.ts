import { defineConfig } from 'vitest/config'

/** These need no engine, and share their workers: starting one for each costs more than what most of them do. */
const WITHOUT_ENGINE = [
  'test/protocol/**/*.test.ts',
  'test/receiver/{core,config,http,serve}/**/*.test.ts',
]

export default defineConfig({
  test: {
    // these end what hangs; they say nothing of how fast something is, on a machine that may have much else to do
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
    // most of them wait for engines, registries and servers, which share two cores on small machines
    maxWorkers: 6,
    // they import JSON as only bundlers do
    server: { deps: { inline: [/@actions\/(languageservice|workflow-parser|expressions)/] } },
    projects: [
      { extends: true, test: { name: 'pure', include: WITHOUT_ENGINE, isolate: false } },
      {
        extends: true,
        test: {
          name: 'engine',
          include: ['test/**/*.test.ts'],
          exclude: WITHOUT_ENGINE,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
})
