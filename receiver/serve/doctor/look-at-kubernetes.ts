import type { AppConfig } from '../../config/config.ts'
import type { KubernetesApp } from '../../core/app.ts'
import type { OrderStatus } from '../../core/delegated/orchestrator.ts'
import { DeployError } from '../../core/errors.ts'
import type { Finding, Found } from '../../core/finding.ts'
import type { Journal } from '../../core/journal.ts'
import type { MissingRight } from '../../edges/kubernetes/rights.ts'
import { look } from './look.ts'
import { lookAtOrder } from './look-at-order.ts'

export interface LookedAtKubernetes {
  status(app: KubernetesApp): Promise<OrderStatus>
  missingRights(app: KubernetesApp): Promise<MissingRight[]>
}

/** Of apps that are workloads of a cluster: whether it lets the receiver do its work, and each runs what was deployed. */
export function lookAtKubernetes(
  all: readonly AppConfig[],
  cluster: LookedAtKubernetes,
  journal: Pick<Journal, 'live' | 'next' | 'find' | 'settings'>,
): Promise<Finding>[] {
  return all
    .flatMap((app) => (app.engine === 'kubernetes' ? app : []))
    .flatMap((app) => [
      look({ id: `rights:${app.name}`, what: `rights for ${app.name}` }, async () =>
        lookAtRights(app, await cluster.missingRights(app)),
      ),
      look({ id: `app:${app.name}`, what: `app ${app.name}` }, async () =>
        lookAtOrder(app, await cluster.status(app), { journal, hint: hintOf(app) }),
      ),
    ])
}

function lookAtRights({ name }: KubernetesApp, missing: readonly MissingRight[]): Found {
  const needed = missing.filter(({ without }) => without === undefined)
  const told = (rights: readonly MissingRight[]) => rights.map(({ rule }) => rule).join(' ')
  if (needed.length > 0) {
    throw new DeployError(
      'forbidden',
      `${name} cannot be deployed: the Role lacks ${told(needed)}`,
      {
        hint: 'add that to the rules of the Role of whom the kubeconfig, or the pod, is',
      },
    )
  }
  if (missing.length === 0) return 'the cluster lets the receiver do all that it has to'
  return {
    message: missing.map(({ without }) => without).join('; '),
    hint: `to its Role: ${told(missing)}`,
  }
}

const hintOf = ({ name, kubernetes: { workload, namespace } }: KubernetesApp): string =>
  `\`kubectl describe ${workload.kind} ${workload.name}${namespace === undefined ? '' : ` --namespace ${namespace}`}\`; deploy-receiver logs ${name} shows what its pods print`
