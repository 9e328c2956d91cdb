import type { KubernetesApp } from '../../core/app.ts'
import type { InTheWay } from './clear-way.ts'
import { DeployError } from '../../core/errors.ts'
import { KIND } from './api.ts'
import type { Workload } from './objects.ts'

/** Nothing would come of an order that somebody holds up. */
export function refuseHeld(app: KubernetesApp, { spec }: Workload): void {
  const { name, kind } = app.kubernetes.workload
  if (spec.paused === true) {
    throw new DeployError('workload_paused', `${nameOf(app)} is paused: its rollouts wait`, {
      hint: `kubectl rollout resume ${kind} ${name}; nothing was changed`,
    })
  }
  if (spec.updateStrategy?.type === 'OnDelete') {
    throw new DeployError(
      'workload_paused',
      `${nameOf(app)} has updateStrategy OnDelete: a pod is replaced when somebody deletes it`,
      {
        hint: 'write updateStrategy: { type: RollingUpdate } in its manifest; nothing was changed',
      },
    )
  }
}

export const nameOf = ({ kubernetes: { workload } }: Pick<KubernetesApp, 'kubernetes'>): string =>
  `${KIND[workload.kind]} ${workload.name}`

export const missing = (app: KubernetesApp) => {
  const { workload, namespace } = app.kubernetes
  return new DeployError(
    'workload_missing',
    `there is no ${nameOf(app)}${namespace === undefined ? '' : ` in the namespace ${namespace}`}`,
    {
      hint: `kubectl get ${workload.kind} shows those that there are; a deployment changes the image of one, and makes none`,
    },
  )
}

export function unlessMissing(error: unknown): undefined {
  if (error instanceof DeployError && error.code === 'workload_missing') return undefined
  throw error
}

/** Of a StatefulSet that goes back. */
export const stuck = (app: KubernetesApp, left: Left) =>
  new DeployError('undo_failed', `${nameOf(app)} was told to go back, and ${waitsFor(left)}`, {
    hint: `with { apiGroups: [""], resources: [pods], verbs: [delete] } in its Role the receiver does it`,
    cause: left.cause,
  })

/** For people, with what they can do. */
export const waitsFor = ({ pod, namespace }: Left): string =>
  `waits for ${pod} of another version, which does not get ready: kubectl --namespace ${namespace} delete pod ${pod}`

type Left = InTheWay & { namespace: string }
