import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import { NoReceiver, openStream } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { complain, say, sayJson } from './print.ts'

export const backupCommand = () =>
  command('backup <file>', 'write config, history, keys and certificates into one file', [
    ['deploy-receiver backup /root/receiver.tar.gz', 'while it runs, or not; mode 0600'],
  ])
    .addOption(jsonOption())
    .action(
      exits(async (file: string, _own: unknown, self: Command) =>
        backup(file, self.optsWithGlobals()),
      ),
    )

async function backup(file: string, { config, json }: Given & { json?: boolean }): Promise<number> {
  const { backUp } = await import('../serve/backup/backup.ts')
  const { apps, files, bytes, missing } = await backUp(file, {
    config,
    environment: process.env,
    now: new Date(),
    askStore: () =>
      openStream(socketOf(config, process.env), '/store').catch((error: unknown) => {
        if (error instanceof NoReceiver) return undefined
        throw error
      }),
  })
  const notInIt = apps.flatMap(({ app, data }) => data.map((each) => ({ app, data: each })))
  if (json) {
    sayJson({ file, bytes, files, apps, not_in_it: notInIt, missing })
    return 0
  }
  say(`${file}: the store and ${files.length} files, ${Math.ceil(bytes / 1024)} KiB`)
  for (const { app, data } of notInIt) {
    say(`not in it  ${data.startsWith('/') ? 'folder' : 'volume'} ${data} of ${app}`)
  }
  for (const each of missing) complain(`not in it  ${each}`)
  say('whoever has it has all secrets of this receiver: keep it as you keep those')
  return 0
}
