import type { KubernetesApp } from '../../core/app.ts'
import type { IsOurs, Order } from '../../core/delegated/orchestrator.ts'
import { type Chosen, chosenOf, imagesOf } from './images.ts'
import type { Meta, PodSpec } from './objects.ts'

/** Annotations of pods, by which it is known of which order they are. */
const MARK = {
  app: 'deploy-receiver/app',
  deployment: 'deploy-receiver/deployment',
  generation: 'deploy-receiver/generation',
  digest: 'deploy-receiver/digest',
} as const

/** Annotation of a workload: the images and marks that it had before the order that stands. */
const BEFORE = 'deploy-receiver/before'
/** `kubectl rollout history` shows it. */
const CHANGE_CAUSE = 'kubernetes.io/change-cause'

export const marksOf = ({
  app,
  deployment,
  generation,
  digest,
}: Order<KubernetesApp>): Record<string, string> => ({
  [MARK.app]: app.name,
  [MARK.deployment]: deployment,
  [MARK.generation]: String(generation),
  [MARK.digest]: digest,
})

/** What stood before an order, as it is written down. */
export interface Before {
  images: Readonly<Record<string, string>>
  marks: Readonly<Record<string, string>>
}

/** @param cause what people read in the history of a rollout */
export const annotationsOf = (cause: string, before?: Before): Record<string, string> => ({
  [CHANGE_CAUSE]: `deploy-receiver ${cause}`,
  ...(before === undefined ? {} : { [BEFORE]: JSON.stringify(before) }),
})

/** Those that somebody else may have an opinion of. */
export const withoutCause = (
  annotations: Readonly<Record<string, string>>,
): Record<string, string> => {
  const { [CHANGE_CAUSE]: _cause, ...others } = annotations
  return others
}

export function beforeIn({ annotations }: Pick<Meta, 'annotations'>): Before | undefined {
  try {
    const { images, marks } = JSON.parse(annotations?.[BEFORE] ?? '') as Partial<Before>
    return images === undefined || marks === undefined ? undefined : { images, marks }
  } catch {
    return undefined
  }
}

/** Our marks among annotations. */
export const marksIn = (
  annotations: Readonly<Record<string, string>> | undefined,
): Record<string, string> => {
  const ours: readonly string[] = Object.values(MARK)
  return Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([name]) => ours.includes(name)),
  )
}

interface Marked {
  metadata?: Pick<Meta, 'annotations'>
  spec: PodSpec
}

/** The generation of an order, from a pod or the template of pods, by the containers that are the app's; `undefined`: none of ours, or another image stands there by now. */
export function generationIn(
  app: KubernetesApp,
  { metadata, spec }: Marked,
  isOurs: IsOurs,
  chosen: Chosen = chosenOf(app, spec),
): number | undefined {
  const {
    [MARK.app]: name,
    [MARK.deployment]: deployment = '',
    [MARK.generation]: generation,
    [MARK.digest]: digest,
  } = metadata?.annotations ?? {}
  if (name !== app.name || generation === undefined) return undefined
  if (!isOurs({ app: name, deployment, generation: Number(generation) })) return undefined
  const images = Object.values(imagesOf(chosen))
  const isIt = images.length > 0 && images.every((image) => image.endsWith(`@${digest}`))
  return isIt ? Number(generation) : undefined
}

export const deploymentIn = ({ metadata }: Pick<Marked, 'metadata'>): string | undefined =>
  metadata?.annotations?.[MARK.deployment]
