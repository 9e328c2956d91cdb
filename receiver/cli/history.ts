import type { Deployment } from '../../protocol/deployment.ts'
import { socketOf } from '../config/socket.ts'
import type { Options } from './options.ts'
import { ask } from './ask.ts'
import { imageOf } from './status.ts'
import { table } from './table.ts'

/** `deploy-receiver history <app>`: its deployments, newest first. */
export async function history({ config, json, limit, rest: [app] }: Options): Promise<number> {
  if (app === undefined) {
    console.error('deploy-receiver: history takes the name of an app')
    return 2
  }
  const path = `/apps/${encodeURIComponent(app)}/deployments?limit=${encodeURIComponent(limit)}`
  const answer = await ask(socketOf(config, process.env), path)
  const { deployments } = answer as { deployments: Deployment[] }
  if (json) {
    console.log(JSON.stringify(deployments))
    return 0
  }
  console.log(
    table(
      ['DEPLOYMENT', 'CREATED', 'ACTION', 'IMAGE', 'STATUS', 'TOOK', 'WHY'],
      deployments.map((each) => [
        each.id,
        each.created_at.replace(/\.\d+Z$/, 'Z'),
        each.action,
        imageOf(each),
        each.status,
        took(each),
        each.error?.message.slice(0, 100) ?? each.source.message?.slice(0, 60) ?? '',
      ]),
    ),
  )
  return 0
}

function took({ started_at: from, finished_at: to }: Deployment): string {
  if (from === undefined || to === undefined) return '-'
  return `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`
}
