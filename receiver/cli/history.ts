import type { Command } from 'commander'
import type { Deployment } from '../../protocol/deployment.ts'
import { socketOf } from '../config/socket.ts'
import { ageOf } from './age.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption, limitOption } from './command.ts'
import { clip } from './fit.ts'
import { imageOf, withShortDigests } from './image-of.ts'
import { outcomeOf } from './outcome.ts'
import { sayJson } from './print.ts'
import { table } from './table.ts'
import { actionOf } from './words.ts'

export const historyCommand = () =>
  command('history <app>', 'show the deployments of an app, the newest first', [
    ['deploy-receiver history api', 'what was deployed, and what came of it'],
    ['deploy-receiver history api -n 5 --json', 'the last five, with all details'],
  ])
    .addOption(limitOption())
    .addOption(jsonOption())
    .action(
      exits(async (app: string, _own: unknown, self: Command) =>
        history(app, self.optsWithGlobals()),
      ),
    )

async function history(
  app: string,
  { config, json, limit }: Given & { json?: boolean; limit: number },
): Promise<number> {
  const path = `/apps/${encodeURIComponent(app)}/deployments?limit=${limit}`
  const answer = await ask(socketOf(config, process.env), path)
  const { deployments } = answer as { deployments: Deployment[] }
  if (json) {
    sayJson(deployments)
    return 0
  }
  console.log(
    table(
      ['DEPLOYMENT', 'AGE', 'ACTION', 'IMAGE', 'STATUS', 'TOOK', 'WHY'],
      deployments.map((each) => [
        each.id,
        ageOf(each.created_at),
        actionOf(each),
        imageOf(each),
        outcomeOf(each),
        took(each),
        clip(withShortDigests(each.error?.message ?? each.source.message ?? ''), LONGEST_WHY),
      ]),
      { giving: ['IMAGE'], leaving: ['TOOK', 'ACTION'], below: ['WHY'] },
    ),
  )
  return 0
}

/** The rest of it is to be had by `show`. */
const LONGEST_WHY = 120

function took({ started_at: from, finished_at: to }: Deployment): string {
  if (from === undefined || to === undefined) return '-'
  return `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`
}
