import type { ContainerPlan, ReleasePlan } from '../../core/slots/ports.ts'

/** `deploy-api-7-green`, `…-2` of a second replica: one name for one generation, so that creating it twice cannot make two. */
export const containerName = (network: string, { app, generation, slot, replica }: ContainerPlan) =>
  `${network}-${app.name}-${generation}-${slot}${replica === 1 ? '' : `-${replica}`}`

/** Of the container of a release command: `deploy-api-7-release`. */
export const releaseName = (
  network: string,
  { app, generation }: { app: Pick<ReleasePlan['app'], 'name'>; generation: number },
) => `${network}-${app.name}-${generation}-release`
