import type { AppSpec } from '../app.ts'
import type { EnginePlan } from '../plan.ts'
import { STEP_NAMES } from './next-step.ts'

/** How a deployment of an app would go by its orchestrator. */
export const delegatedPlan = (
  app: AppSpec,
  { pauses, notes }: Required<Pick<EnginePlan, 'pauses' | 'notes'>>,
): EnginePlan => ({
  steps: STEP_NAMES.filter((step) => step !== 'release' || app.release !== undefined),
  nginx: app.http ? 'untouched' : 'none',
  pauses,
  notes,
})
