import type { AppSpec } from '../app.ts'
import { DeployError } from '../errors.ts'
import type { StoredDeployment } from '../journal.ts'
import type { OrderStatus } from './orchestrator.ts'

/** Throws `changed_elsewhere` when what stands is no longer what this deployment ordered, and nobody here said so. */
export function sameOrder(
  app: AppSpec,
  { generation }: StoredDeployment,
  status: OrderStatus,
): void {
  if (status.generation === generation) return
  const { image } = status
  throw new DeployError(
    'changed_elsewhere',
    image === undefined
      ? `${app.name} was removed while it was rolled out`
      : `somebody else had ${app.name} run ${image} while it was rolled out`,
    { hint: 'what they did stands; deploy again to have it run this version' },
  )
}
