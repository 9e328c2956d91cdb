import { socketOf } from '../config/socket.ts'
import type { Options } from './options.ts'
import { ask } from './ask.ts'

/** `deploy-receiver remove <app> [--volumes]`: takes an app that is not in the config any more off this machine. */
export async function remove({ config, json, volumes, rest: [app] }: Options): Promise<number> {
  if (app === undefined) {
    console.error('deploy-receiver: remove takes the name of an app')
    return 2
  }
  const path = `/apps/${encodeURIComponent(app)}${volumes ? '?volumes=true' : ''}`
  const answer = await ask(socketOf(config, process.env), path, 'DELETE')
  const { removed, kept } = answer as { removed: string[]; kept: string[] }
  const why = volumes ? 'a container has it' : '--volumes deletes it'
  const lines = [
    ...removed.map((what) => `removed  ${what}`),
    ...kept.map((volume) => `kept     volume ${volume}: ${why}`),
  ]
  console.log(json ? JSON.stringify({ removed, kept }) : lines.join('\n'))
  return 0
}
