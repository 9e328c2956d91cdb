import type { RunContext } from '../../../action/context.ts'
import { nameBuild, type Naming } from '../../../action/metadata/naming.ts'
import { contextOf } from '../context-of.ts'

/** Naming of a push to main of acme/hello at 2026-02-03T22:05:06Z, with some of the run or its environment replaced. */
export const namingOf = (
  run: Partial<RunContext> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<Naming> =>
  nameBuild({ tagContext: 'workflow', needsCommitDate: true }, contextOf(run), {
    env,
    now: new Date('2026-02-03T22:05:06Z'),
    readCheckout: () => Promise.reject(new Error('nothing is checked out')),
    readCommitDate: () => Promise.resolve(undefined),
  })
