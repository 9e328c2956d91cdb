import type { AppSpec } from '../../core/app.ts'
import type { OrderStatus } from '../../core/delegated/orchestrator.ts'
import { driftOf } from '../../core/delegated/repair.ts'
import { runsLive } from '../../core/delegated/runs-live.ts'
import { DeployError } from '../../core/errors.ts'
import type { Found } from '../../core/finding.ts'
import type { Journal } from '../../core/journal.ts'

/** Whether an orchestrator runs what was deployed, and all of it. */
export function lookAtOrder(
  spec: AppSpec,
  status: OrderStatus,
  {
    journal,
    hint,
  }: { journal: Pick<Journal, 'live' | 'next' | 'find' | 'settings'>; hint: string },
): Found {
  const { name: app } = spec
  const { image, updated, wanted, waits, says, phase } = status
  const current = journal.next(app)?.deployment
  if (current?.status === 'running') {
    const waiting = waits === undefined ? '' : `; ${waits}`
    return `${current.id} is under way: ${updated} of ${wanted} run what was ordered${waiting}`
  }
  const live = journal.live(app)
  if (live === undefined) {
    return image === undefined
      ? 'nothing is live yet'
      : `not deployed by this receiver yet: ${image}`
  }
  if (!runsLive(status, live)) {
    throw new DeployError('changed_elsewhere', driftOf(spec, status, journal), {
      hint: `deploy-receiver restart ${app}, or deploy ${app} to have it run another version`,
    })
  }
  const {
    id,
    image: { digest = '' },
  } = live.deployment
  const count = `${updated} of ${wanted} run ${id}: ${digest.slice(0, SHORT_DIGEST)}`
  if (updated >= wanted && phase !== 'paused') return count
  throw new DeployError(
    'exited',
    [count, waits ?? [], phase === 'paused' ? says : []].flat().join('; '),
    { hint },
  )
}

/** As many digits as a rollback takes. */
const SHORT_DIGEST = 'sha256:'.length + 12
