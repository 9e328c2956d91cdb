import type { Command } from 'commander'
import { command, exits, jsonOption } from './command.ts'
import { tell } from './stop.ts'

export const startCommand = () =>
  command('start <app>', 'start an app again that was stopped', [
    ['deploy-receiver start api', 'visitors are let in when it answers'],
    ['deploy-receiver start api --without-data', 'what was restored begins with empty volumes'],
  ])
    .option('--without-data', 'also when the data is not there that it had before it was restored')
    .addOption(jsonOption())
    .action(exits(async (app: string, _own: unknown, self: Command) => tell('start', app, self)))
