import type { Command } from 'commander'
import type { CheckOptions } from './check-config.ts'
import { command, exits, jsonOption } from './command.ts'

export const checkCommand = () =>
  command('check', 'check the config: where is it wrong, and how is that fixed', [
    ['deploy-receiver check', 'before a reload'],
    ['deploy-receiver check --strict', 'what is unwise is an error, too'],
    ['deploy-receiver check --registries', "whether the apps' images can be read, too"],
  ])
    .option('--strict', 'take warnings for errors')
    .option('--registries', 'ask the registries, too')
    .addOption(jsonOption())
    .action(
      exits(async (_own: unknown, self: Command) => {
        const { check } = await import('./check-config.ts')
        return check(self.optsWithGlobals<CheckOptions>())
      }),
    )
