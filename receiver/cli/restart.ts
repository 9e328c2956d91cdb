import type { Command } from 'commander'
import { command, exits, jsonOption } from './command.ts'
import { orderAt, type OrderOptions } from './order.ts'

export const restartCommand = () =>
  command('restart <app>', 'deploy the live version again, in new containers', [
    ['deploy-receiver restart api', 'the same image, with what the config says now'],
  ])
    .addOption(jsonOption())
    .action(
      exits(async (app: string, _own: unknown, self: Command) =>
        orderAt(
          `/apps/${encodeURIComponent(app)}/restart`,
          app,
          {},
          self.optsWithGlobals<OrderOptions>(),
        ),
      ),
    )
