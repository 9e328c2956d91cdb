import type { AppSpec } from './app.ts'
import type { Ports } from './ports.ts'
import { reconcile } from './reconcile.ts'
import { keepStanding } from './standing.ts'

/** Runs the reconciler of one app: one at a time, again whenever it is woken. */
export interface Deployer {
  /** Something changed: look again. Returns at once. */
  wake(): void
  /** Stops between two steps or within one that can be stopped; resolves when nothing of it runs any more. */
  stop(): Promise<void>
}

/** `app` gives the app as it is configured now; a deployment under way keeps to what it began with. */
export function createDeployer(app: () => AppSpec, ports: Ports): Deployer {
  const stopping = new AbortController()
  let stood = false
  let woken = false
  let loop: Promise<void> | undefined

  const run = async () => {
    // at start-up users come first: a deployment that waits may take minutes
    if (!stood) await keepStanding(app(), ports, stopping.signal).catch(() => {})
    stood = true
    while (woken && !stopping.signal.aborted) {
      woken = false
      try {
        await reconcile(app(), ports, stopping.signal)
      } catch (error) {
        if (!stopping.signal.aborted)
          ports.report('the reconciler failed', { app: app().name, error })
      }
    }
    loop = undefined
  }

  return {
    wake() {
      woken = true
      loop ??= run()
    },
    async stop() {
      stopping.abort(new Error('the receiver stops'))
      await loop
    },
  }
}
