import { socketOf } from '../config/socket.ts'
import type { Options } from './options.ts'
import { ask } from './ask.ts'
import { table } from './table.ts'

interface Tag {
  tag: string
  digest: string | null
  /** Newest deployment of that digest. */
  deployment: string | null
  live: boolean
}

/** `deploy-receiver tags <app>`: the tags of its registry, and which of their digests were deployed. */
export async function tags({ config, json, rest: [app] }: Options): Promise<number> {
  if (app === undefined) {
    console.error('deploy-receiver: tags takes the name of an app')
    return 2
  }
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
  if (json) console.log(JSON.stringify(all))
  else {
    console.log(
      table(
        ['TAG', 'DIGEST', 'DEPLOYMENT', ''],
        all.map(({ tag, digest, deployment, live }) => [
          tag,
          digest?.slice(0, 'sha256:'.length + 12) ?? '-',
          deployment ?? '-',
          live ? 'live' : '',
        ]),
      ),
    )
    if (hasMore || total > all.length) {
      const rest = hasMore ? ' or more' : ''
      console.log(
        `${all.length} of ${total}${rest}: the tags of deployments, and the registry’s last`,
      )
    }
  }
  return 0
}
