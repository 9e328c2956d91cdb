import { setTimeout as pause } from 'node:timers/promises'
import { type Accepted, type Deployment, isFinal } from '../../protocol/deployment.ts'
import { socketOf } from '../config/socket.ts'
import { ask } from './ask.ts'
import type { Given } from './command.ts'
import { eventsOf } from './events.ts'
import { terminalWidth } from './fit.ts'
import { imageOf, withShortDigests } from './image-of.ts'
import { layOutLog } from './lay-out.ts'
import { complain, say, sayJson } from './print.ts'
import { createProgress, type Progress } from './progress.ts'
import { actionOf } from './words.ts'

/** So often, and after such a pause each, a receiver that is away is asked again. */
const MOST_CUTS = 60
const AGAIN_MS = 500
/** As shells have it for who was interrupted by Ctrl-C. */
export const INTERRUPTED = 130

export interface OrderOptions extends Given {
  json?: boolean
}

/**
 * Sends an order, shows its steps until it is over, and gives 0 when it succeeded, else 1. Ctrl-C ends the showing alone,
 * and gives 130.
 */
export async function order(app: string, body: object, options: OrderOptions): Promise<number> {
  return orderAt(`/hooks/${encodeURIComponent(app)}`, app, body, options)
}

/** The same, of what is ordered in another way than by a hook. */
export async function orderAt(
  path: string,
  app: string,
  body: object,
  { config, json = false }: OrderOptions,
): Promise<number> {
  const socket = socketOf(config, process.env)
  const { deployment: first } = (await ask(socket, path, 'POST', body)) as Accepted
  if (!json) say(`${first.id}  ${actionOf(first)} of ${app}`)

  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  process.once('SIGINT', interrupt)
  const progress = json ? SILENT : createProgress()
  try {
    const deployment = await follow(first, { socket, progress, signal: interrupted.signal })
    progress.stop()
    if (json) sayJson(deployment)
    else conclude(deployment)
    return deployment.status === 'succeeded' ? 0 : 1
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
    progress.stop()
    complain(`${first.id} goes on by itself: deploy-receiver status ${app} shows it`)
    return INTERRUPTED
  } finally {
    progress.stop()
    process.off('SIGINT', interrupt)
  }
}

const SILENT: Progress = { show() {}, stop() {} }

/** Shows what happens until the deployment is over, also when the receiver is restarted meanwhile. */
async function follow(
  { id }: Deployment,
  { socket, progress, signal }: { socket: string; progress: Progress; signal: AbortSignal },
): Promise<Deployment> {
  let last = 0
  for (let cuts = 0; ; cuts++) {
    try {
      for await (const { number, event } of eventsOf(socket, id, last, signal)) {
        last = number
        cuts = 0
        progress.show(event)
      }
      const deployment = (await ask(socket, `/deployments/${id}`)) as Deployment
      if (isFinal(deployment.status)) return deployment
    } catch (error) {
      // it may be restarted at this moment
      if (cuts >= MOST_CUTS || signal.aborted) throw error
    }
    await pause(AGAIN_MS, undefined, { signal })
  }
}

function conclude(deployment: Deployment): void {
  const { status, error } = deployment
  if (status === 'succeeded') return say(`live: ${imageOf(deployment)}`)
  if (status === 'superseded') return complain('superseded: a newer one was accepted')
  complain(`failed: ${withShortDigests(error?.message ?? 'without a reason')}`)
  if (error?.hint !== undefined) complain(`  ${error.hint}`)
  if (error?.log !== undefined) console.error(layOutLog(error.log, terminalWidth(process.stderr)))
}
