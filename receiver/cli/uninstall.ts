import type { Command } from 'commander'
import { command, exits, type Given, jsonOption } from './command.ts'
import { confirm } from './confirm.ts'
import { complain, say, sayJson } from './print.ts'

export const uninstallCommand = () =>
  command('uninstall', 'remove everything that the receiver made from this machine, except data', [
    ['deploy-receiver uninstall', 'says what goes and what stays, and asks'],
    ['deploy-receiver uninstall --yes', 'while the receiver does not run'],
  ])
    .option('-y, --yes', 'ask nothing')
    .addOption(jsonOption())
    .action(exits(async (_own: unknown, self: Command) => uninstall(self.optsWithGlobals())))

async function uninstall({
  config: file,
  json,
  yes = false,
}: Given & { json?: boolean; yes?: boolean }): Promise<number> {
  const [{ readConfig }, { planUninstall }] = await Promise.all([
    import('../serve/read-config.ts'),
    import('../serve/uninstall.ts'),
  ])
  const { config } = await readConfig(file, process.env)
  const plan = await planUninstall(config, process.env)
  const { removes, stays } = plan
  if (!json) {
    for (const each of removes) say(`removes  ${each}`)
    for (const each of stays) say(`stays    ${each}`)
  }
  if (removes.length > 0) {
    const isWanted = yes || (await confirm('Visitors get no answer from then on. Remove it?'))
    if (isWanted !== true) {
      complain(
        isWanted === undefined ? 'deploy-receiver: nobody can be asked here: --yes' : ASKED_NOT_TO,
      )
      return 1
    }
    await plan.run()
  }
  if (json) sayJson({ removed: removes, stays })
  else say(removes.length === 0 ? 'nothing of a receiver is left to remove' : 'removed')
  return 0
}

const ASKED_NOT_TO =
  'nothing was changed; to leave visitors served without a receiver: systemctl disable --now deploy-receiver'
