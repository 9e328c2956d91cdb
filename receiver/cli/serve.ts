import type { Command } from 'commander'
import { command, exits } from './command.ts'

export const serveCommand = () =>
  command('serve', 'take hooks and deploy, until SIGTERM; SIGHUP reads the config again', [
    ['deploy-receiver serve', 'as systemd starts it'],
    ['deploy-receiver serve --config ./config.yaml', 'with a config of another place'],
  ]).action(
    exits(async (_own: unknown, self: Command) => {
      const { serveUntilTold } = await import('./serve-until-told.ts')
      return serveUntilTold(self.optsWithGlobals())
    }),
  )
