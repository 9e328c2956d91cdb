import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Slot } from '../core/slots/container.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { say, sayJson } from './print.ts'
import { table } from './table.ts'

export const adoptCommand = () =>
  command(
    'adopt',
    'put what runs on record again, when the data directory is lost or older than it',
    [
      ['deploy-receiver adopt', 'while the receiver does not run'],
      ['deploy-receiver adopt --slot api=green', 'when nothing else says which slot is live'],
    ],
  )
    .addOption(
      new Option(
        '--slot <app=slot>',
        'the slot of an app that is live, blue or green; any number of times',
      )
        .default({})
        .argParser(slotOf),
    )
    .addOption(jsonOption())
    .action(exits(async (_own: unknown, self: Command) => adopt(self.optsWithGlobals())))

async function adopt({
  config: file,
  slot: asked,
  json,
}: Given & { json?: boolean; slot: Record<string, Slot> }): Promise<number> {
  const [{ readConfig }, { adopt: takeOver }] = await Promise.all([
    import('../serve/read-config.ts'),
    import('../serve/adopt.ts'),
  ])
  const { config } = await readConfig(file, process.env)
  const { installation, apps, copy } = await takeOver(config, process.env, asked)
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
    sayJson({ installation, adopted: rows, ...(copy === undefined ? {} : { copy }) })
    return 0
  }
  if (copy !== undefined) say(`the store was another version's: as it was it is kept in ${copy}`)
  if (rows.length === 0) {
    say(`nothing to adopt: all that stands on ${config.network.name} is on record`)
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
      { giving: ['BECAUSE', 'CONTAINERS'] },
    ),
  )
  const left = rows.flatMap(({ app, configured }) => (configured ? [] : app))
  if (left.length > 0) say(`not in the config, and left running: ${left.join(', ')}`)
  say('history begins here; start the receiver: systemctl start deploy-receiver')
  return 0
}

function slotOf(text: string, before: Record<string, Slot>): Record<string, Slot> {
  const [, app, slot] = /^([a-z0-9-]{1,63})=(blue|green)$/.exec(text) ?? []
  if (app === undefined) {
    throw new InvalidArgumentError('It is an app and its live slot, like --slot api=green.')
  }
  return { ...before, [app]: slot as Slot }
}
