import type { StoredDeployment } from '../journal.ts'
import type { OrderStatus } from './orchestrator.ts'

/**
 * Whether what is told to run is what is live by the record. Somebody else may have written its settings anew and left its version as it
 * was: `docker stack deploy` by a file that names the digest.
 */
export const runsLive = (
  { generation, image }: Pick<OrderStatus, 'generation' | 'image'>,
  { generation: live, deployment }: Pick<StoredDeployment, 'generation' | 'deployment'>,
): boolean => {
  const { digest } = deployment.image
  const isSame = digest !== undefined && image?.endsWith(`@${digest}`) === true
  return generation === live || (generation === undefined && isSame)
}
