import type { Command } from 'commander'
import { command, exits, type Given } from './command.ts'

export const composeCommand = () =>
  command(
    'compose <app> <arguments...>',
    "run docker compose on an app's project, which leaves the receiver's services alone",
    [
      ['deploy-receiver compose shop -- ps', "the containers of the project's other services"],
      ['deploy-receiver compose shop -- up -d', 'start or change the database, and leave the app'],
      ['deploy-receiver compose shop -- logs -f db', 'what the database prints'],
    ],
  ).action(
    exits(async (app: string, words: string[], _own: unknown, self: Command) => {
      const { config } = self.optsWithGlobals<Given>()
      const { composeByHand } = await import('../serve/compose-by-hand.ts')
      return composeByHand({ config, app, words }, process.env)
    }),
  )
