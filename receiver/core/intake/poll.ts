import type { AppSpec } from '../app.ts'
import { DeployError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import type { Report } from '../log.ts'

/** Part of the interval by which it differs each time, so that many receivers do not ask at once. */
const JITTER = 0.1
const LONGEST_BACKOFF = 16

export interface PollPorts {
  /** The digest that the followed tag stands for now. Throws `DeployError`. */
  resolve(app: AppSpec, signal: AbortSignal): Promise<string>
  /** What was found the last time, also before a restart. */
  seen(app: string): string | undefined
  see(app: string, digest: string): void
  /** Whether anything was ever deployed. */
  isLive(app: string): boolean
  /** Deploys a digest of the followed tag as if a registry had said that it was pushed: unless it is live, or on hold. */
  deploy(app: AppSpec, digest: string): void
  clock: Clock
  /** From 0 to 1. */
  random(): number
  report: Report
}

/**
 * Asks the registry again and again what the app's tag stands for, and deploys what is new there. Only a change counts: a
 * digest that failed is not deployed again until the tag moves. Rejects when the signal aborts.
 */
export async function poll(app: AppSpec, ports: PollPorts, signal: AbortSignal): Promise<never> {
  // what it is to move from: seen an interval later, it might have moved already
  if (ports.seen(app.name) === undefined && ports.isLive(app.name)) await look(app, ports, signal)
  let backoff = 1
  let leaveAloneMs = 0
  for (;;) {
    const factor = 1 + JITTER * (2 * ports.random() - 1)
    await ports.clock.sleep(Math.max(app.pollMs * factor * backoff, leaveAloneMs), signal)
    const failure = await look(app, ports, signal)
    backoff = failure === undefined ? 1 : Math.min(backoff * 2, LONGEST_BACKOFF)
    leaveAloneMs = failure?.retryAfterMs ?? 0
  }
}

/** Why the registry gave no answer, if it gave none. */
async function look(
  app: AppSpec,
  ports: PollPorts,
  signal: AbortSignal,
): Promise<{ retryAfterMs?: number | undefined } | undefined> {
  try {
    const digest = await ports.resolve(app, signal)
    const before = ports.seen(app.name)
    if (before === digest) return undefined
    // what runs when polling is turned on was chosen by somebody
    if (before !== undefined || !ports.isLive(app.name)) ports.deploy(app, digest)
    ports.see(app.name, digest)
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    ports.report('the registry could not be polled', { app: app.name, error })
    return error instanceof DeployError ? error : {}
  }
}
