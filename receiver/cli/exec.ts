import { type Command, InvalidArgumentError } from 'commander'
import { socketOf } from '../config/socket.ts'
import { command, exits, type Given } from './command.ts'
import { isTerminal, ttyOption } from './run.ts'
import { openTerminal } from './terminal.ts'

export const execCommand = () =>
  command('exec <app> <command...>', 'run a command in a live container of an app', [
    ['deploy-receiver exec api -- sh', 'a shell, if the image has one'],
    ['deploy-receiver exec api --replica 2 -- cat /proc/meminfo', 'in the second of them'],
  ])
    .option('--replica <number>', 'in which of its containers', replicaOf, 1)
    .addOption(ttyOption())
    .action(
      exits(async (app: string, words: string[], _own: unknown, self: Command) => {
        const { config, tty, replica } = self.optsWithGlobals<
          Given & { tty?: boolean; replica: number }
        >()
        const order = { kind: 'exec' as const, app, command: words, replica }
        return openTerminal(socketOf(config, process.env), {
          ...order,
          tty: tty ?? isTerminal(),
          passSignals: false,
        })
      }),
    )

function replicaOf(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write its number, from 1.')
}
