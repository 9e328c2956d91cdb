import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import type { Reloaded } from '../config/changes.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { complain, say, sayJson } from './print.ts'

export const reloadCommand = () =>
  command('reload', 'have the receiver read its config again; a wrong one is refused', [
    ['deploy-receiver reload', 'says what changed, and which files of Nginx somebody edited'],
    ['deploy-receiver reload --overwrite', 'writes these again, too'],
  ])
    .option('--overwrite', "also write files of the receiver's for Nginx that somebody edited")
    .addOption(jsonOption())
    .action(exits(async (_own: unknown, self: Command) => reload(self.optsWithGlobals())))

async function reload({
  config,
  json,
  overwrite = false,
}: Given & { json?: boolean; overwrite?: boolean }): Promise<number> {
  const path = `/reload${overwrite ? '?overwrite=true' : ''}`
  const changes = (await ask(socketOf(config, process.env), path, 'POST')) as Reloaded
  if (json) {
    sayJson(changes)
    return 0
  }
  const lines = [
    ...changes.keys.map((key) => `changed  ${key}`),
    ...changes.added.map((app) => `added    ${app}`),
    ...changes.changed.map((app) => `changed  ${app}: its next deployment has the new settings`),
    ...changes.removed.map(
      (app) => `removed  ${app}: it is left running; deploy-receiver remove ${app} takes it away`,
    ),
    ...changes.overwritten.map((file) => `written  ${file}: what somebody did to it is gone`),
  ]
  for (const { file, difference } of changes.edited) {
    const what = `edited   ${file}: it is left alone; deploy-receiver reload --overwrite writes it anew`
    complain([what, ...difference.map((line) => `         ${line}`)].join('\n'))
  }
  say(lines.length === 0 ? 'nothing changed' : lines.join('\n'))
  for (const each of changes.warnings) complain(`warning: ${each}`)
  return 0
}
