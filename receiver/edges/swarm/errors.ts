import { DeployError } from '../../core/errors.ts'
import { reasonOf, statusOf, translate } from '../docker/errors.ts'

/** What a swarm answered about `what`, as a `DeployError`. */
export function explain(error: unknown, what: string): DeployError {
  if (error instanceof DeployError) return error
  const reason = reasonOf(error)
  if (/being prepared|trouble connecting to the cluster/i.test(reason)) return away(error, what)
  if (/not a swarm manager|not part of a swarm/i.test(reason)) {
    return new DeployError('not_a_manager', `${what}: this engine is not a manager of a swarm`, {
      hint: 'run the receiver on a manager; `docker swarm init` makes one, `docker node promote` another',
      cause: error,
    })
  }
  // a swarm without a leader, or one that is being elected, comes back
  if (statusOf(error) === 503 || /does not have a leader|context deadline exceeded/i.test(reason)) {
    return away(error, what)
  }
  return translate(error, what, 'start_failed')
}

const away = (error: unknown, what: string) =>
  new DeployError('engine_unreachable', `${what}: ${reasonOf(error)}`, {
    hint: 'more than half of the managers have to run: `docker node ls` on each',
    cause: error,
  })
