import { setTimeout as pause } from 'node:timers/promises'
import {
  type Accepted,
  type Deployment,
  type DeploymentEvent,
  isFinal,
  type UnknownEvent,
} from '../../protocol/deployment.ts'
import { socketOf } from '../config/socket.ts'
import type { Given } from './command.ts'
import { ask } from './ask.ts'
import { eventsOf } from './events.ts'
import { imageOf } from './image-of.ts'
import { complain, say, sayJson } from './print.ts'
import { printable } from './printable.ts'
import { actionOf } from './words.ts'

/** So often, and after such a pause each, a receiver that is away is asked again. */
const MOST_CUTS = 60
const AGAIN_MS = 500

export interface OrderOptions extends Given {
  json?: boolean
}

/** Sends an order, shows its steps until it is over, and gives 0 when it succeeded, else 1. */
export async function order(app: string, body: object, options: OrderOptions): Promise<number> {
  return orderAt(`/hooks/${encodeURIComponent(app)}`, app, body, options)
}

/** The same, of what is ordered in another way than by a hook. */
export async function orderAt(
  path: string,
  app: string,
  body: object,
  { config, json }: OrderOptions,
): Promise<number> {
  const socket = socketOf(config, process.env)
  const accepted = (await ask(socket, path, 'POST', body)) as Accepted
  const show = json === true ? () => undefined : (line: string) => console.log(line)
  show(printable(`${accepted.deployment.id}  ${actionOf(accepted.deployment)} of ${app}`))
  const deployment = await follow(socket, accepted.deployment, show)
  if (json === true) sayJson(deployment)
  else conclude(deployment)
  return deployment.status === 'succeeded' ? 0 : 1
}

/** Shows what happens until the deployment is over, also when the receiver is restarted meanwhile. */
async function follow(
  socket: string,
  first: Deployment,
  show: (line: string) => void,
): Promise<Deployment> {
  let last = 0
  let shown = ''
  const showOnce = (line: string) => {
    if (line !== '' && line !== shown) show(printable((shown = line)))
  }
  for (let cuts = 0; ; cuts++) {
    try {
      for await (const { number, event } of eventsOf(socket, first.id, last)) {
        last = number
        cuts = 0
        showOnce(lineOf(event))
      }
      const deployment = (await ask(socket, `/deployments/${first.id}`)) as Deployment
      if (isFinal(deployment.status)) return deployment
    } catch (error) {
      // it may be restarted at this moment
      if (cuts >= MOST_CUTS) throw error
    }
    await pause(AGAIN_MS)
  }
}

/** A step that is over, or what delays it; nothing for bytes that come and go. */
function lineOf(event: DeploymentEvent | UnknownEvent): string {
  if (event.type === 'unknown') {
    return `  ${(event.step ?? event.kind).padEnd(8)} ${''.padStart(9)}  ${event.message ?? event.kind}`
  }
  if (event.type === 'progress') {
    return event.total === undefined
      ? `  ${event.step.padEnd(8)} ${''.padStart(9)}  ${event.message}`
      : ''
  }
  if (event.type !== 'step' || event.status === 'running') return ''
  const name = `  ${event.step.padEnd(8)}`
  // why stands at the end
  if (event.status === 'failed') return `${name} ${'failed'.padStart(9)}`
  return `${name} ${`${event.ms ?? 0} ms`.padStart(9)}  ${event.message ?? ''}`.trimEnd()
}

function conclude(deployment: Deployment): void {
  const { status, error } = deployment
  if (status === 'succeeded') return say(`live: ${imageOf(deployment)}`)
  if (status === 'superseded') return complain('superseded: a newer one was accepted')
  complain(`failed: ${error?.message ?? 'without a reason'}`)
  if (error?.hint !== undefined) complain(`  ${error.hint}`)
  for (const line of error?.log ?? []) complain(`  | ${line}`)
}
