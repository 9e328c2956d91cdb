import type { Command } from 'commander'
import type { Deployment } from '../../protocol/deployment.ts'
import { socketOf } from '../config/socket.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { table } from './table.ts'

interface App {
  name: string
  domains: string[]
  live: Deployment | null
  current: Deployment | null
  on_hold: { digest: string; deployment: string; since: string }[]
  volumes: { path: string; volume: string }[]
  maintenance_since: string | null
  stopped_since: string | null
}

export const statusCommand = () =>
  command('status [app]', 'show what is live, since when, what is under way, and what is on hold', [
    ['deploy-receiver status', 'all apps'],
    ['deploy-receiver status api --json', 'one, with all that is known of it'],
  ])
    .addOption(jsonOption())
    .action(
      exits(async (app: string | undefined, _own: unknown, self: Command) =>
        status(app, self.optsWithGlobals()),
      ),
    )

async function status(
  app: string | undefined,
  { config, json }: Given & { json?: boolean },
): Promise<number> {
  const socket = socketOf(config, process.env)
  const apps =
    app === undefined
      ? ((await ask(socket, '/apps')) as { apps: App[] }).apps
      : [(await ask(socket, `/apps/${encodeURIComponent(app)}`)) as App]
  if (json) {
    console.log(JSON.stringify(app === undefined ? apps : apps[0]))
    return 0
  }
  console.log(
    table(
      ['APP', 'LIVE', 'SINCE', 'DEPLOYMENT', 'UNDER WAY', 'DOMAINS'],
      apps.map(({ name, live, current, domains }) => [
        name,
        live === null ? 'nothing yet' : imageOf(live),
        live?.live_at?.replace(/\.\d+Z$/, 'Z') ?? '-',
        live?.id ?? '-',
        current === null ? '-' : `${current.id} ${current.steps.at(-1)?.name ?? current.status}`,
        domains.join(' ') || '-',
      ]),
    ),
  )
  for (const {
    name,
    on_hold: onHold,
    volumes,
    maintenance_since: since,
    stopped_since: stopped,
  } of apps) {
    if (stopped !== null) {
      console.log(
        `${name}: stopped since ${stopped}, and visitors are told so; deploy-receiver start ${name} starts it again, and so does a deployment`,
      )
    } else if (since !== null) {
      console.log(
        `${name}: visitors are told since ${since} that there is maintenance; deploy-receiver maintenance ${name} off lets them in again`,
      )
    }
    for (const { digest, deployment } of onHold) {
      console.log(
        `${name}: ${short(digest)} is on hold since ${deployment} went back from it; deploy-receiver deploy ${name} lifts that, and so does another digest`,
      )
    }
    for (const { path, volume } of volumes) {
      console.log(`${name}: ${path} is kept in the volume ${volume}`)
    }
  }
  return 0
}

/** Tag, if there is one, and the first digits of the digest: as many as a rollback takes. */
export function imageOf({ image: { tag, digest } }: Deployment): string {
  return [tag, digest && short(digest)].filter((part) => part !== undefined).join(' ') || '-'
}

const short = (digest: string) => digest.slice(0, 'sha256:'.length + 12)
