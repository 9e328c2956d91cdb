import type { ServicePlan } from '../../core/project/ports.ts'
import type { ContainerPlan, ReleasePlan } from '../../core/slots/ports.ts'
import { pathSegment } from '../path-segment.ts'

/**
 * `deploy-api-7-green`, `…-2` of a second replica: one name for one generation, so that creating it twice cannot make two.
 * It is part of the paths of the engine's API.
 */
export const containerName = (network: string, { app, generation, slot, replica }: ContainerPlan) =>
  `${network}-${pathSegment(app.name)}-${generation}-${slot}${replica === 1 ? '' : `-${replica}`}`

/** Of the container of a release command: `deploy-api-7-release`. */
export const releaseName = (
  network: string,
  { app, generation }: { app: Pick<ReleasePlan['app'], 'name'>; generation: number },
) => `${network}-${pathSegment(app.name)}-${generation}-release`

/** Of the container of a command by hand: `deploy-api-run-3f2a9c81`. */
export const commandName = (
  network: string,
  { app, id }: { app: Pick<ReleasePlan['app'], 'name'>; id: string },
) => `${network}-${pathSegment(app.name)}-run-${id}`

/** Of the container of a Compose project's service: `deploy-shop-7_worker_1`. Names of apps have no `_`. */
export const serviceName = (
  network: string,
  {
    app,
    generation,
    service,
    replica,
  }: Pick<ServicePlan, 'generation' | 'replica'> & {
    app: Pick<ServicePlan['app'], 'name'>
    service: Pick<ServicePlan['service'], 'name'>
  },
) => `${network}-${pathSegment(app.name)}-${generation}_${pathSegment(service.name)}_${replica}`
