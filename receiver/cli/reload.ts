import { socketOf } from '../config/socket.ts'
import type { Changes } from '../config/changes.ts'
import type { Options } from './options.ts'
import { ask } from './ask.ts'

/** `deploy-receiver reload`: the running receiver reads its config again, and says what changed. */
export async function reload({ config, json }: Options): Promise<number> {
  const changes = (await ask(socketOf(config, process.env), '/reload', 'POST')) as Changes
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
  ]
  console.log(lines.length === 0 ? 'nothing changed' : lines.join('\n'))
  return 0
}
