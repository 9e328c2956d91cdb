import type { StoredDeployment } from '../journal.ts'

/** What a deployment runs, once its digest is known. */
export function imageOf({ deployment }: StoredDeployment): { repository: string; digest: string } {
  const { repository, digest } = deployment.image
  if (digest === undefined) throw new Error(`${deployment.id} has no digest yet`)
  return { repository, digest }
}
