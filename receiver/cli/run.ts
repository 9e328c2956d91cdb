import { isatty } from 'node:tty'
import { type Command, Option } from 'commander'
import { socketOf } from '../config/socket.ts'
import { command, exits, type Given } from './command.ts'
import { openTerminal } from './terminal.ts'

export const runCommand = () =>
  command(
    'run <app> <command...>',
    "run a command once in the live image, in a container of its own with the app's settings",
    [
      ['deploy-receiver run api -- bin/rails console', 'at a terminal'],
      ['deploy-receiver run api -- pg_dump app > dump.sql', 'its output into a file'],
      ['deploy-receiver run api -- sh -c "echo $TOKEN | wc -c"', 'with what a shell has to do'],
    ],
  )
    .addOption(ttyOption())
    .action(
      exits(async (app: string, words: string[], _own: unknown, self: Command) => {
        const { config, tty } = self.optsWithGlobals<Given & { tty?: boolean }>()
        const order = { kind: 'run' as const, app, command: words, tty: tty ?? isTerminal() }
        return openTerminal(socketOf(config, process.env), { ...order, passSignals: true })
      }),
    )

export const ttyOption = (): Option =>
  new Option('-t, --tty', 'give the command a terminal; by default when there is one at both ends')

const STDIN = 0
const STDOUT = 1

/** Whether somebody sits at both ends. */
export const isTerminal = (): boolean => [STDIN, STDOUT].every((each) => isatty(each))
