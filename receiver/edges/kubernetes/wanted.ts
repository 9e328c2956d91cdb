import type { KubernetesApp } from '../../core/app.ts'
import type { IsOurs, Order } from '../../core/delegated/orchestrator.ts'
import type { Wanted } from './change.ts'
import { imagesOf, requireChosen } from './images.ts'
import { annotationsOf, type Before, beforeIn, generationIn, marksIn, marksOf } from './marks.ts'
import type { Workload } from './objects.ts'
import { nameOf } from './workload-errors.ts'

/** What an order makes of a workload; nothing, when that stands already. */
export function orderedBy(
  order: Order<KubernetesApp>,
  { spec: { template } }: Workload,
  isOurs: IsOurs,
): Wanted | undefined {
  const { app, generation, repository, digest } = order
  if (generationIn(app, template, isOurs) === generation) return undefined
  const chosen = requireChosen(app, template.spec, nameOf(app))
  const before = imagesOf(chosen)
  const image = `${repository}@${digest}`
  return {
    images: Object.fromEntries(Object.keys(before).map((name) => [name, image])),
    marks: marksOf(order),
    annotations: annotationsOf(`${order.deployment}: ${image}`, {
      images: before,
      marks: marksIn(template.metadata?.annotations),
    }),
  }
}

/**
 * What a workload is to be of when an order is taken back: the order that was live before, or what somebody else had there, as it is
 * written down. Nothing, when something else than the order stands by now, or nobody knows what was before.
 */
export function takenBack(
  order: Order<KubernetesApp>,
  before: Order<KubernetesApp> | undefined,
  standing: Workload,
  isOurs: IsOurs,
): Wanted | undefined {
  const { app } = order
  const { metadata, spec } = standing
  // what came after it is not this order's to take back
  if (generationIn(app, spec.template, isOurs) !== order.generation) return undefined
  const known = beforeIn(metadata)
  const isTheirs = known !== undefined && !isOrderOfOurs(app, known, isOurs)
  if (before === undefined || isTheirs) return known && broughtBack(order, known)
  return orderedBy(before, standing, isOurs)
}

/** What stood before an order, word for word. Of that nothing is written down: there is no way back from going back. */
const broughtBack = (order: Order<KubernetesApp>, { images, marks }: Before): Wanted => ({
  images,
  marks,
  annotations: annotationsOf(`back from ${order.deployment}`),
})

/** Whether what stood before is on our record, which knows then what is to come back. */
function isOrderOfOurs(app: KubernetesApp, { images, marks }: Before, isOurs: IsOurs): boolean {
  const containers = Object.entries(images).map(([name, image]) => ({ name, image }))
  const chosen = { containers, initContainers: [] }
  const standing = { metadata: { annotations: marks }, spec: { containers } }
  return generationIn(app, standing, isOurs, chosen) !== undefined
}
