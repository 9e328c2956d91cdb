import { socketOf } from '../config/socket.ts'
import type { Reloaded } from '../config/changes.ts'
import type { Options } from './options.ts'
import { ask } from './ask.ts'

/**
 * `deploy-receiver reload [--overwrite]`: the running receiver reads its config again, and says what changed, and which of
 * Nginx's files somebody edited.
 */
export async function reload({ config, json, overwrite }: Options): Promise<number> {
  const path = `/reload${overwrite ? '?overwrite=true' : ''}`
  const changes = (await ask(socketOf(config, process.env), path, 'POST')) as Reloaded
  if (json) {
    console.log(JSON.stringify(changes))
    return 0
  }
  const lines = [
    ...changes.keys.map((key) => `changed  ${key}`),
    ...changes.added.map((app) => `added    ${app}`),
    ...changes.changed.map((app) => `changed  ${app}: its next deployment has the new settings`),
    ...changes.removed.map(
      (app) => `removed  ${app}: it is left running; deploy-receiver remove ${app} takes it away`,
    ),
    ...changes.overwritten.map((file) => `written  ${file}: what somebody did to it is gone`),
  ]
  for (const { file, difference } of changes.edited) {
    const what = `edited   ${file}: it is left alone; deploy-receiver reload --overwrite writes it anew`
    console.error([what, ...difference.map((line) => `         ${line}`)].join('\n'))
  }
  console.log(lines.length === 0 ? 'nothing changed' : lines.join('\n'))
  for (const each of changes.warnings) console.error(`warning: ${each}`)
  return 0
}
