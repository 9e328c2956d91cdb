import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

/** These need neither an engine nor another program. */
const PURE = ['test/protocol/**/*.test.ts', 'test/receiver/{core,config,http,serve}/**/*.test.ts']
/** These start programs and servers of their own. */
const LOCAL = [
  'test/{action,browser,docs,script}/**/*.test.ts',
  'test/receiver/{cli,edges}/**/*.test.ts',
  'test/contracts/{journal,orchestrator,rollout,sites,slots}.test.ts',
  'test/structure.test.ts',
]
/** Those among them that need the engine. */
const NOT_LOCAL = [
  'test/action/{faults,push}.test.ts',
  'test/docs/{api,hooks}.test.ts',
  'test/receiver/edges/docker/engine.test.ts',
  'test/receiver/edges/registry/{client,registry,token}.test.ts',
]

export default defineConfig({
  test: {
    // these end what hangs; they say nothing of how fast something is, on a machine that may have much else to do
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000, interval: 100 } },
    // most of them wait for engines, registries and servers, which share two cores on small machines
    maxWorkers: 8,
    sequence: { sequencer: LongestFirst },
    // `npm test` has a case of each kind, `npm run test:long` all others
    tags: [{ name: 'long', description: 'further cases of a kind, on real parts' }],
    // they import JSON as only bundlers do
    server: { deps: { inline: [/@actions\/(languageservice|workflow-parser|expressions)/] } },
    projects: [
      // these two share their workers: starting one for each file costs more than what most of them do
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: { name: 'local', include: LOCAL, exclude: NOT_LOCAL, isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'engine',
          include: ['test/{contracts,crash,e2e,support-tests}/**/*.test.ts', ...NOT_LOCAL],
          exclude: LOCAL.filter((pattern) => pattern.startsWith('test/contracts/')),
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
})
