import { socketOf } from '../config/socket.ts'
import type { Options } from './options.ts'
import { ask } from './ask.ts'

/** `deploy-receiver remove <app>`: takes an app that is not in the config any more off this machine. */
export async function remove({ config, json, rest: [app] }: Options): Promise<number> {
  if (app === undefined) {
    console.error('deploy-receiver: remove takes the name of an app')
    return 2
  }
  const path = `/apps/${encodeURIComponent(app)}`
  const answer = await ask(socketOf(config, process.env), path, 'DELETE')
  const { removed } = answer as { removed: string[] }
  console.log(json ? JSON.stringify(removed) : removed.map((what) => `removed  ${what}`).join('\n'))
  return 0
}
