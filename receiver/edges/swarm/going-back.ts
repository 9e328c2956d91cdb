import type { Spec } from './api.ts'
import { unmarked } from './marks.ts'

/** What fails on the way back is not to go forward again. */
export const goingBack = (spec: Spec | undefined): Spec | undefined =>
  spec?.UpdateConfig === undefined
    ? spec
    : { ...spec, UpdateConfig: { ...spec.UpdateConfig, FailureAction: 'pause' } }

/** A service that is none of our order any more: with the image that it had. */
export function withImage(spec: Spec, image: string): Spec {
  const { ContainerSpec } = spec.TaskTemplate
  const changed = { ...ContainerSpec, Image: image, Labels: unmarked(ContainerSpec.Labels) }
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: changed } }
}
