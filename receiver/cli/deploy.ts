import { setTimeout as pause } from 'node:timers/promises'
import { type Accepted, type Deployment, isFinal } from '../../protocol/deployment.ts'
import { socketOf } from '../config/socket.ts'
import type { Options } from '../main.ts'
import { ask } from './ask.ts'
import { imageOf } from './status.ts'

const LOOK_MS = 150

/** `deploy-receiver deploy <app> [image]`: that image, or what the followed tag stands for now. */
export const deploy = (options: Options): Promise<number> =>
  order('deploy', options, (image) => (image === undefined ? {} : { image }))

/**
 * `deploy-receiver rollback <app> [to]`: the digest before the live one, or the one that is named, with the settings that it
 * had, or with `--current-settings` those of the config.
 */
export const rollback = (options: Options): Promise<number> =>
  order('rollback', options, (to = 'previous') => ({
    rollback: to,
    current_settings: options.currentSettings,
  }))

/** Sends an order, shows its steps until it is over, and gives 0 when it succeeded, else 1. */
async function order(
  command: string,
  { config, json, rest: [app, what] }: Options,
  bodyOf: (what: string | undefined) => object,
): Promise<number> {
  if (app === undefined) {
    console.error(`deploy-receiver: ${command} takes the name of an app`)
    return 2
  }
  const socket = socketOf(config, process.env)
  const path = `/hooks/${encodeURIComponent(app)}`
  const accepted = (await ask(socket, path, 'POST', bodyOf(what))) as Accepted
  const show = json ? () => undefined : (line: string) => console.log(line)
  show(`${accepted.deployment.id}  ${accepted.deployment.action} of ${app}`)
  const deployment = await follow(socket, accepted.deployment, show)
  if (json) console.log(JSON.stringify(deployment))
  else conclude(deployment)
  return deployment.status === 'succeeded' ? 0 : 1
}

async function follow(
  socket: string,
  first: Deployment,
  show: (line: string) => void,
): Promise<Deployment> {
  const path = `/deployments/${first.id}`
  let shown = 0
  for (;;) {
    const deployment = (await ask(socket, path)) as Deployment
    const over = deployment.steps.filter(({ status }) => status !== 'running')
    for (const { name, status, ms } of over.slice(shown)) {
      show(`  ${name.padEnd(8)} ${status === 'failed' ? 'failed' : `${ms ?? 0} ms`.padStart(9)}`)
    }
    shown = over.length
    if (isFinal(deployment.status)) return deployment
    await pause(LOOK_MS)
  }
}

function conclude(deployment: Deployment): void {
  const { status, error } = deployment
  if (status === 'succeeded') return console.log(`live: ${imageOf(deployment)}`)
  if (status === 'superseded') return console.error('superseded: a newer one was accepted')
  console.error(`failed: ${error?.message ?? 'without a reason'}`)
  if (error?.hint !== undefined) console.error(`  ${error.hint}`)
  for (const line of error?.log ?? []) console.error(`  | ${line}`)
}
