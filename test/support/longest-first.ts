import { type TestSpecification, BaseSequencer } from 'vitest/node'

/**
 * Files that take a minute and more, the longest first: they wait most of the time, and one that is begun last is waited
 * for alone.
 */
const LONGEST = [
  'contracts/engine',
  'action/push',
  'e2e/cli',
  'e2e/deploy',
  'e2e/releases',
  'e2e/health',
  'e2e/reload',
  'crash/kill',
  'crash/sweep',
  'e2e/action',
  'e2e/registry-faults',
  'e2e/hostile',
]

/** What waits comes before what computes, so that there is always something to compute while others wait. */
const PROJECTS = ['engine', 'local', 'pure']

/** The order of a run; within a project that of its folders of real parts, and of what took longest the last time. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files)
    return usual.toSorted((one, other) => rankOf(one) - rankOf(other))
  }
}

function rankOf({ project, moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((file) => moduleId.endsWith(`test/${file}.test.ts`))
  const within = place !== -1 ? place : /\/test\/(?:e2e|crash)\//.test(moduleId) ? 100 : 200
  return PROJECTS.indexOf(project.name) * 1000 + within
}
