import type { KubernetesApp } from '../../core/app.ts'
import type { KubernetesApi } from './api.ts'
import { requireChosen } from './images.ts'
import { nameOf } from './workload-errors.ts'

/** Whose command and output are an app's: a webhook may have put others beside it. */
export async function containerOf(app: KubernetesApp, api: KubernetesApi): Promise<string> {
  const { spec } = await api.workload(app.kubernetes.workload)
  const { containers, initContainers } = requireChosen(app, spec.template.spec, nameOf(app))
  return [...containers, ...initContainers][0]?.name ?? ''
}
