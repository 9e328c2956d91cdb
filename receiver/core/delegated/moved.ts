import { type AppSpec, engineOf, type Settings, settingsOf } from '../app.ts'
import type { Journal } from '../journal.ts'

/**
 * That an app's config leads to another workload or service than the one that its live release was told to, in words for people: what
 * stands there is its owner's, goes on as it is, and is told nothing any more. `undefined`: it does not.
 */
export function movedFrom(
  app: AppSpec,
  journal: Pick<Journal, 'live' | 'settings'>,
): string | undefined {
  const live = journal.live(app.name)?.deployment
  const settings = live && journal.settings(live.id)
  // of a release whose settings are not known it cannot be said
  if (settings === undefined || engineOf(settings) !== app.engine) return undefined
  const [before, now] = [placeOf(settings), placeOf(settingsOf(app))]
  if (before === now || before === undefined || now === undefined) return undefined
  const digest = live?.image.digest ?? ''
  return `${app.name} is live in ${before}, and the config leads to ${now}: deployments go to the latter from now on; the former is left behind with ${digest}, and runs until you delete it`
}

/** Where an order is told; `undefined`: on this machine. */
function placeOf({ kubernetes, swarm }: Settings): string | undefined {
  if (kubernetes !== undefined) {
    const { workload, namespace, context } = kubernetes
    const within = namespace === undefined ? '' : ` of the namespace ${namespace}`
    const by = context === undefined ? '' : ` of the context ${context}`
    return `${workload.kind}/${workload.name}${within}${by}`
  }
  if (swarm === undefined) return undefined
  return swarm.service === undefined
    ? 'the service that was made for it'
    : `the service ${swarm.service}`
}
