import { ImageReferenceError, parseImage } from '../../../protocol/image-reference.ts'
import type { KubernetesApp } from '../../core/app.ts'
import { DeployError } from '../../core/errors.ts'
import type { Container, PodSpec } from './objects.ts'

/** Containers whose image an app's deployments change. */
export interface Chosen {
  containers: readonly Container[]
  initContainers: readonly Container[]
}

/** The named one, and else all of the app's repository; of init containers those of the same repository. */
export function chosenOf(
  { image: { repository }, kubernetes: { container } }: Pick<KubernetesApp, 'image' | 'kubernetes'>,
  { containers, initContainers = [] }: Pick<PodSpec, 'containers' | 'initContainers'>,
): Chosen {
  const isOfIt = (each: Container) => repositoryOf(each) === repository
  return {
    containers: containers.filter((each) =>
      container === undefined ? isOfIt(each) : each.name === container,
    ),
    initContainers: initContainers.filter((each) => each.name === container || isOfIt(each)),
  }
}

/** Throws `workload_missing` where there is no container to change. */
export function requireChosen(app: KubernetesApp, spec: PodSpec, where: string): Chosen {
  const chosen = chosenOf(app, spec)
  if (chosen.containers.length + chosen.initContainers.length > 0) return chosen
  const { container } = app.kubernetes
  const there = spec.containers
    .map(({ name, image }) => `${name} (${image ?? 'no image'})`)
    .join(', ')
  throw new DeployError(
    'workload_missing',
    container === undefined
      ? `no container of ${where} has an image of ${app.image.repository}; there are ${there}`
      : `${where} has no container ${container}; there are ${there}`,
    { hint: `apps.${app.name}.kubernetes.container names the one whose image is to be changed` },
  )
}

/** Their images by the name of the container. */
export const imagesOf = ({ containers, initContainers }: Chosen): Record<string, string> =>
  Object.fromEntries(
    [...initContainers, ...containers].map(({ name, image = '' }) => [name, image]),
  )

/** Of a pod those containers that were chosen of its template: a webhook may have written another registry before the image. */
export const chosenBy = (
  names: readonly string[],
  { containers, initContainers = [] }: Pick<PodSpec, 'containers' | 'initContainers'>,
): Chosen => ({
  containers: containers.filter(({ name }) => names.includes(name)),
  initContainers: initContainers.filter(({ name }) => names.includes(name)),
})

/** Names of those whose image an app's deployments change. */
export const namesOf = (app: KubernetesApp, { spec }: { spec: PodSpec }): string[] =>
  Object.keys(imagesOf(chosenOf(app, spec)))

/** What of an image stays the same in whatever registry: its digest, or all of it where it has none. */
export const contentOf = (image: string): string => image.slice(image.indexOf('@') + 1)

function repositoryOf({ image = '' }: Container): string | undefined {
  try {
    return parseImage(image).repository
  } catch (error) {
    if (error instanceof ImageReferenceError) return undefined
    throw error
  }
}
