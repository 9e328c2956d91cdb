import type { AppSpec } from './app.ts'
import { type ReconcilePorts, reconcile } from './reconcile.ts'
import { type LookAgain, rolloutOf } from './rollout.ts'

/** A full disk, say: nothing can be recorded until there is room. */
const AFTER_FAILURE_MS = 5000

/** Runs the reconciler of one app: one at a time, again whenever it is woken. */
export interface Deployer {
  /** Something changed: look again. Returns at once. */
  wake(): void
  /** Removes what is not kept, when nothing else is to do. Returns at once. */
  tidy(): void
  /** Stops between two steps or within one that can be stopped; resolves when nothing of it runs any more. */
  stop(): Promise<void>
}

/** `app` gives the app as it is configured now; a deployment under way keeps to what it began with. */
export function createDeployer(app: () => AppSpec, ports: ReconcilePorts): Deployer {
  const rollout = () => rolloutOf(app(), ports.rollouts)
  const stopping = new AbortController()
  let stood = false
  let woken = false
  let untidy = false
  let loop: Promise<void> | undefined
  let nap = new AbortController()

  const run = async () => {
    nap.abort()
    let lookAgain: LookAgain
    if (!stood) await putRight().catch(() => {})
    stood = true
    while (woken && !stopping.signal.aborted) {
      woken = false
      try {
        lookAgain = await reconcile(app(), ports, stopping.signal)
        if (untidy) await rollout().tidy(app())
        untidy = false
      } catch (error) {
        if (stopping.signal.aborted) break
        ports.report(
          'the app cannot be worked on: trying again in 5 s',
          { app: app().name, error },
          'error',
        )
        lookAgain = AFTER_FAILURE_MS
      }
    }
    loop = undefined
    if (lookAgain !== undefined) wakeIn(lookAgain)
  }

  /** At start-up users come first: a deployment that waits may take minutes. When none does, `reconcile` puts right what stands. */
  const putRight = async () => {
    if (ports.journal.next(app().name) === undefined) return
    await rollout().repair(app(), stopping.signal)
  }

  const wakeIn = (ms: number) => {
    nap = new AbortController()
    ports.clock
      .sleep(ms, AbortSignal.any([nap.signal, stopping.signal]))
      .then(deployer.wake)
      .catch(() => {})
  }

  const deployer: Deployer = {
    wake() {
      woken = true
      loop ??= run()
    },
    tidy() {
      untidy = true
      deployer.wake()
    },
    async stop() {
      stopping.abort(new Error('the receiver stops'))
      await loop
    },
  }
  return deployer
}
