import { type Command, Option } from 'commander'
import { socketOf } from '../config/socket.ts'
import { command, exits, jsonOption } from './command.ts'
import { INTERRUPTED, order, type OrderOptions } from './order.ts'

/** The settings are those of the release but for rights and secrets, unless another of both options is given. */
export const rollbackCommand = () =>
  command('rollback <app> [to]', 'go back to what was live before, and show the steps', [
    ['deploy-receiver rollback api', 'on a terminal asks where to; else as with --yes'],
    ['deploy-receiver rollback api --yes', 'the digest before; once more: the one before that'],
    ['deploy-receiver rollback api 1.4.2', 'a tag that its history shows'],
    ['deploy-receiver rollback api sha256:0123456789ab', 'a digest, by its first digits'],
  ])
    .addOption(
      new Option('--current-settings', 'with all settings as the config has them now').conflicts(
        'releaseSettings',
      ),
    )
    .option('--release-settings', 'with all settings of then, rights and secrets too')
    .option('-y, --yes', 'do not ask: without a target, the digest before')
    .addOption(jsonOption())
    .action(
      exits(async (app: string, to: string | undefined, _own: unknown, self: Command) => {
        const options: RollbackOptions = self.optsWithGlobals()
        const { currentSettings = false, releaseSettings = false } = options
        const settings = { current_settings: currentSettings, release_settings: releaseSettings }
        const target = to ?? (await targetFor(app, options))
        if (target === undefined) return INTERRUPTED
        return order(app, { rollback: target, ...settings }, options)
      }),
    )

/** A person is asked; whoever cannot answer goes to the digest before. */
async function targetFor(
  app: string,
  { config, json = false, yes = false }: RollbackOptions,
): Promise<string | undefined> {
  const canAsk = process.stdin.isTTY && process.stdout.isTTY
  if (!canAsk || yes || json) return 'previous'
  const { askTarget } = await import('./ask-target.ts')
  return askTarget(app, socketOf(config, process.env))
}

interface RollbackOptions extends OrderOptions {
  currentSettings?: boolean
  releaseSettings?: boolean
  yes?: boolean
}
