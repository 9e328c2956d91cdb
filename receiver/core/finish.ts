import type { FinalStatus } from '../../protocol/deployment.ts'
import type { Bookkeeping, StoredDeployment } from './journal.ts'

/** Gives a deployment its final status, with the reason of a failure. */
export function finish(
  { deployment }: StoredDeployment,
  status: FinalStatus,
  { journal, clock }: Pick<Bookkeeping, 'journal' | 'clock'>,
  error = deployment.error,
): void {
  journal.append(deployment.id, {
    type: 'finished',
    at: clock.now(),
    status,
    ...(error === undefined ? {} : { error }),
  })
}
