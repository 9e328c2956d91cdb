import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { say, sayJson } from './print.ts'

export const removeCommand = () =>
  command('remove <app>', 'remove an app that is no longer in the config from this machine', [
    ['deploy-receiver remove api', 'its containers and its site; the data stays'],
    ['deploy-receiver remove api --volumes', 'its data, too'],
  ])
    .option('--volumes', 'delete its data, too: this cannot be undone')
    .addOption(jsonOption())
    .action(
      exits(async (app: string, _own: unknown, self: Command) =>
        remove(app, self.optsWithGlobals()),
      ),
    )

async function remove(
  app: string,
  { config, json, volumes = false }: Given & { json?: boolean; volumes?: boolean },
): Promise<number> {
  const path = `/apps/${encodeURIComponent(app)}${volumes ? '?volumes=true' : ''}`
  const answer = await ask(socketOf(config, process.env), path, 'DELETE')
  const { removed, kept } = answer as { removed: string[]; kept: string[] }
  const why = volumes ? 'a container has it' : '--volumes deletes it'
  const lines = [
    ...removed.map((what) => `removed  ${what}`),
    ...kept.map((volume) => `kept     volume ${volume}: ${why}`),
  ]
  if (json) sayJson({ removed, kept })
  else say(lines.join('\n'))
  return 0
}
