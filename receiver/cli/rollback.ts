import { type Command, Option } from 'commander'
import { command, exits, jsonOption } from './command.ts'
import { order, type OrderOptions } from './order.ts'

/** The settings are those of the release but for rights and secrets, unless another of both options is given. */
export const rollbackCommand = () =>
  command('rollback <app> [to]', 'go back to what was live before, and show the steps', [
    ['deploy-receiver rollback api', 'the digest before; once more: the one before that'],
    ['deploy-receiver rollback api 1.4.2', 'a tag that its history shows'],
    ['deploy-receiver rollback api sha256:0123456789ab', 'a digest, by its first digits'],
  ])
    .addOption(
      new Option('--current-settings', 'with all settings as the config has them now').conflicts(
        'releaseSettings',
      ),
    )
    .option('--release-settings', 'with all settings of then, rights and secrets too')
    .addOption(jsonOption())
    .action(
      exits(async (app: string, to: string | undefined, _own: unknown, self: Command) => {
        const options: RollbackOptions = self.optsWithGlobals()
        const { currentSettings = false, releaseSettings = false } = options
        const settings = { current_settings: currentSettings, release_settings: releaseSettings }
        return order(app, { rollback: to ?? 'previous', ...settings }, options)
      }),
    )

interface RollbackOptions extends OrderOptions {
  currentSettings?: boolean
  releaseSettings?: boolean
}
