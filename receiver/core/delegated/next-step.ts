import type { Deployment } from '../../../protocol/deployment.ts'
import type { AppSpec } from '../app.ts'
import type { StoredDeployment } from '../journal.ts'
import type { Progress } from '../rollout.ts'
import type { DelegatedPorts } from './ports.ts'

/** The steps of an orchestrator, in their order. */
export const STEP_NAMES = ['resolve', 'release', 'apply', 'rollout', 'watch'] as const
export type StepName = (typeof STEP_NAMES)[number]

/** What a step works on. */
export interface StepContext<App extends AppSpec> {
  app: App
  stored: StoredDeployment
  ports: DelegatedPorts<App>
  progress: Progress
  signal: AbortSignal
}

/** The next missing step of a deployment, or `undefined` when nothing is missing. */
export const nextStep = ({ deployment }: StoredDeployment, app: AppSpec): StepName | undefined =>
  STEP_NAMES.find((name) => isTaken(name, deployment, app) && !isDone(name, deployment))

/** What a rollback brings back, and a restart starts anew, was released once already. */
const isTaken = (
  name: StepName,
  { action, restart = false }: Pick<Deployment, 'action' | 'restart'>,
  { release }: AppSpec,
): boolean => name !== 'release' || (release !== undefined && action !== 'rollback' && !restart)

const isDone = (name: StepName, { steps }: Deployment): boolean =>
  steps.some((step) => step.name === name && step.status === 'succeeded')
