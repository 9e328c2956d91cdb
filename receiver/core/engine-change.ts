import { type AppSpec, engineOf } from './app.ts'
import type { Journal } from './journal.ts'

/**
 * Throws when an app that is live is to be run by something else from now on: what stands would go on, beside the new one or instead of
 * it, and visitors would be sent to where nothing is yet.
 */
export function refuseEngineChange(
  apps: readonly AppSpec[],
  journal: Pick<Journal, 'live' | 'settings'>,
): void {
  for (const { name, engine } of apps) {
    const live = journal.live(name)
    const settings = live && journal.settings(live.deployment.id)
    // of a release whose settings are not known it cannot be said
    if (settings === undefined) continue
    const before = engineOf(settings)
    if (before === engine) continue
    throw Object.assign(
      new Error(`apps.${name} is live by engine: ${before}, and the config says engine: ${engine}`),
      {
        hint: `give it another name to have both for a while; or take it out, \`deploy-receiver remove ${name}\`, and put it in anew`,
      },
    )
  }
}

/** Throws when an app is Docker's and the receiver was started without an engine, as one in a cluster is. */
export function refuseDocker(apps: readonly AppSpec[]): void {
  const first = apps.find(({ engine }) => engine !== 'kubernetes')
  if (first === undefined) return
  throw Object.assign(
    new Error(
      `apps.${first.name} has engine: ${first.engine}, and the receiver was started without Docker`,
    ),
    { hint: 'restart it: with such an app in its config it connects to Docker when it starts' },
  )
}
