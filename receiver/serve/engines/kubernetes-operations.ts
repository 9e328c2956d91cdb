import type { KubernetesApp } from '../../core/app.ts'
import { delegatedPlan } from '../../core/delegated/plan.ts'
import type { DelegatedPorts } from '../../core/delegated/ports.ts'
import type { Operations } from '../../core/operations.ts'
import type { Kubernetes } from '../../edges/kubernetes/kubernetes.ts'
import { nameOf } from '../../edges/kubernetes/workload-errors.ts'
import { strategyOf } from '../../edges/kubernetes/strategy.ts'
import { delegatedOperations, type Words } from './delegated-operations.ts'
import type { OpenStore } from '../open-store.ts'

/** Of apps that are workloads of a cluster. */
export function kubernetesOperations(
  ports: DelegatedPorts<KubernetesApp>,
  { store, cluster }: { store: OpenStore; cluster: Pick<Kubernetes, 'workload'> },
): Operations<KubernetesApp> {
  return {
    ...delegatedOperations(ports, { store, words: WORDS }),
    async plan(app) {
      const { notes, pauses } = strategyOf(app, await cluster.workload(app))
      const image = `of the ${nameOf(app)} the image alone is changed`
      const isLive = ports.journal.live(app.name) !== undefined
      return delegatedPlan(app, { pauses: pauses && isLive, notes: [image, ...notes] })
    },
  }
}

const WORDS: Words<KubernetesApp> = {
  what: 'a workload of a cluster',
  exec: ({ kubernetes }, _where, pod) => `kubectl exec -it ${pod}${inNamespace(kubernetes)} -- sh`,
  scale: ({ kubernetes }, replicas) =>
    `kubectl scale ${kubernetes.workload.kind} ${kubernetes.workload.name}${inNamespace(kubernetes)} --replicas=${replicas ?? '<number>'}`,
}

const inNamespace = ({ namespace }: KubernetesApp['kubernetes']): string =>
  namespace === undefined ? '' : ` --namespace ${namespace}`
