import type { Command } from 'commander'
import { command, exits, type Given, jsonOption } from './command.ts'
import { confirm } from './confirm.ts'
import { complain, say, sayJson } from './print.ts'

export const restoreCommand = () =>
  command('restore <file>', 'put back what `backup` wrote, on a new machine or on this one', [
    [
      'deploy-receiver restore receiver.tar.gz',
      'then start the receiver: it deploys what was live',
    ],
    ['deploy-receiver restore receiver.tar.gz --force', 'also over what is there'],
  ])
    .option('--force', 'replace what is there')
    .option('--without-data', 'let apps begin with empty volumes, instead of waiting for theirs')
    .option('-y, --yes', 'ask nothing')
    .addOption(jsonOption())
    .action(
      exits(async (file: string, _own: unknown, self: Command) =>
        restore(file, self.optsWithGlobals()),
      ),
    )

interface Options extends Given {
  json?: boolean
  force?: boolean
  withoutData?: boolean
  yes?: boolean
}

const SHOWN = 8

async function restore(
  file: string,
  { config, json, force = false, withoutData = false, yes = false }: Options,
): Promise<number> {
  const { planRestore } = await import('../serve/backup/restore.ts')
  const options = { config, environment: process.env, withoutData, now: new Date() }
  const plan = await planRestore(file, options)
  const { manifest, inTheWay, keepsInstallation, apps } = plan
  const { host, created_at: at, version } = manifest
  if (inTheWay.length > 0 && !force) {
    plan.drop()
    complain(`deploy-receiver: there is an installation here, and nothing was changed:`)
    for (const each of inTheWay.slice(0, SHOWN)) complain(`  ${each}`)
    if (inTheWay.length > SHOWN) complain(`  and ${inTheWay.length - SHOWN} more`)
    complain('  --force replaces it; its store stays beside the new one, as *.replaced')
    return 1
  }
  if (!json) {
    say(`${file}: of ${host}, ${at}, by version ${version}`)
    for (const { path } of [...manifest.files, ...manifest.links]) say(`  writes   ${path}`)
    for (const { app, image, awaits } of apps) {
      const waits = awaits.length === 0 ? '' : `; waits for ${awaits.join(', ')}`
      say(`  deploys  ${app}: ${image}${waits}`)
    }
  }
  const isWanted = yes || (await confirm('Whoever wrote that file becomes root here. Restore it?'))
  if (isWanted !== true) {
    plan.drop()
    if (isWanted === undefined) complain('deploy-receiver: nobody can be asked here: --yes')
    else complain('nothing was changed')
    return 1
  }
  const said = await plan.run()
  if (json) {
    const rows = apps.map(({ app, image, awaits }) => ({ app, image, awaits_data: awaits }))
    sayJson({ restored: file, installation_kept: keepsInstallation, apps: rows, said })
    return 0
  }
  for (const each of said) complain(each)
  for (const { app, awaits } of apps) {
    if (awaits.length === 0) continue
    say(`${app} waits for ${awaits.join(', ')}: bring it here, then deploy-receiver start ${app}`)
  }
  say(
    keepsInstallation
      ? 'this engine has what it made: it goes on with that'
      : 'it is an installation of its own from now on; stop the receiver of the old machine, if that still runs',
  )
  say('start the receiver: systemctl start deploy-receiver')
  return 0
}
