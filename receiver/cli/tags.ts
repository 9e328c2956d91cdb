import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { say, sayJson } from './print.ts'
import { table } from './table.ts'

interface Tag {
  tag: string
  digest: string | null
  /** Newest deployment of that digest. */
  deployment: string | null
  live: boolean
}

export const tagsCommand = () =>
  command('tags <app>', "show the registry's tags of an app, and which of them were deployed", [
    ['deploy-receiver tags api', 'what could be deployed by deploy-receiver deploy api <tag>'],
  ])
    .addOption(jsonOption())
    .action(
      exits(async (app: string, _own: unknown, self: Command) => tags(app, self.optsWithGlobals())),
    )

async function tags(app: string, { config, json }: Given & { json?: boolean }): Promise<number> {
  const path = `/apps/${encodeURIComponent(app)}/tags`
  const answer = await ask(socketOf(config, process.env), path)
  const {
    tags: all,
    total,
    has_more: hasMore,
  } = answer as {
    tags: Tag[]
    total: number
    has_more: boolean
  }
  if (json) sayJson(all)
  else {
    console.log(
      table(
        ['TAG', 'DIGEST', 'DEPLOYMENT', 'NOW'],
        all.map(({ tag, digest, deployment, live }) => [
          tag,
          digest?.slice(0, 'sha256:'.length + 12) ?? '-',
          deployment ?? '-',
          live ? { text: 'live', style: 'green' } : '',
        ]),
        { giving: ['TAG'] },
      ),
    )
    if (hasMore || total > all.length) {
      const rest = hasMore ? ' or more' : ''
      say(`${all.length} of ${total}${rest}: the tags of deployments, and the registry’s last`)
    }
  }
  return 0
}
