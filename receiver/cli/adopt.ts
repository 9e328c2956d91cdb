import { loadConfig } from '../config/load.ts'
import type { Slot } from '../core/slots/ports.ts'
import { adopt as takeOver } from '../serve/adopt.ts'
import type { Options } from './options.ts'
import { table } from './table.ts'

/**
 * `deploy-receiver adopt`: puts what runs on record again when the data directory is lost or older than it. The receiver must
 * not run. `--slot APP=blue` says which slot is live when nothing else does.
 */
export async function adopt({ config: file, slot, json }: Options): Promise<number> {
  const asked = slotsOf(slot)
  if (asked === undefined) {
    console.error('deploy-receiver: --slot takes an app and its live slot, like --slot api=green')
    return 2
  }
  const config = loadConfig(file, process.env, () => {})
  const { installation, apps } = await takeOver(config, process.env, asked)
  const rows = apps.map(({ app, slot: live, because, live: { deployment, containers } }) => ({
    app,
    slot: live,
    because,
    deployment,
    digest: containers[0]?.digest ?? '',
    containers: containers.map(({ name }) => name),
    configured: Object.hasOwn(config.apps, app),
  }))
  if (json) {
    console.log(JSON.stringify({ installation, adopted: rows }))
    return 0
  }
  if (rows.length === 0) {
    console.log(`nothing to adopt: all that stands on ${config.network.name} is on record`)
    return 0
  }
  console.log(
    table(
      ['APP', 'LIVE', 'BECAUSE', 'CONTAINERS', 'DIGEST', 'DEPLOYMENT'],
      rows.map(({ app, slot: live, because, containers, digest, deployment }) => [
        app,
        live,
        because,
        containers.join(' '),
        digest.slice(0, 'sha256:'.length + 12),
        deployment,
      ]),
    ),
  )
  const left = rows.flatMap(({ app, configured }) => (configured ? [] : app))
  if (left.length > 0) console.log(`not in the config, and left running: ${left.join(', ')}`)
  console.log('history begins here; start the receiver: systemctl start deploy-receiver')
  return 0
}

function slotsOf(texts: readonly string[]): Record<string, Slot> | undefined {
  const read = texts.map((text) => /^([a-z0-9-]{1,63})=(blue|green)$/.exec(text))
  if (read.includes(null)) return undefined
  return Object.fromEntries(read.map((found) => [found?.[1] ?? '', found?.[2] as Slot]))
}
