import type Docker from 'dockerode'
import { ask } from '../support/ask.ts'
import { waitFor } from '../support/processes.ts'
import type { Vm } from '../support/vm.ts'
import type { Life, Sender } from './run-lives.ts'
import { appOf } from './run-lives.ts'

export const PASSWORD = 'ops:open sesame'
export const DOMAIN = 'preview.test'
const SETTLED_MS = 600_000
/** What has the name of a preview. */
export const NAMED = /(?:api|shop)--/
const AUTHORIZATION = `Basic ${Buffer.from(PASSWORD).toString('base64')}`

interface Parts {
  vm: Vm
  docker: Docker
  sender: Sender
}

/** What is not as the steps have it, when all that was begun is over. */
export async function notAsWanted(lives: readonly Life[], parts: Parts): Promise<string[]> {
  const failures: string[] = []
  for (const life of lives) {
    await parts.sender.settle(life).catch((error: unknown) => {
      failures.push(`${appOf(life)}: ${String(error)}`)
    })
  }
  let last: string[] = []
  await waitFor(async () => (last = await wrong(lives, parts)).length === 0, {
    what: '',
    deadlineMs: SETTLED_MS,
    everyMs: 1000,
  }).catch(() => {})
  return [...failures, ...last]
}

/** Of each preview that stands an app, its container and its bridge, and of one of a Compose project its database and its network. */
async function wrong(lives: readonly Life[], { vm, docker }: Parts): Promise<string[]> {
  const standing = lives.filter(({ version }) => version !== undefined)
  const names = standing.map(appOf)
  const projects = standing.flatMap((life) => (life.of === 'shop' ? appOf(life) : []))
  const { apps } = (await vm.read('/apps')) as { apps: { name: string }[] }
  const containers = (await docker.listContainers({ all: true })).map(
    ({ Labels, Names: [name = ''] }) => ({ app: Labels['deploy-receiver.app'], name }),
  )
  const networks = (await docker.listNetworks()).map(({ Name }) => Name)
  const visits = await Promise.all(standing.map(async (life) => visit(life, vm)))
  const bridge = `${(vm.config['network'] as { name: string }).name}_`
  return [
    ...other('apps', apps.map(({ name }) => name).filter(isPreview), names),
    ...other(
      'containers',
      containers.flatMap(({ app }) => (app !== undefined && isPreview(app) ? app : [])),
      names,
    ),
    ...other(
      'databases',
      containers.flatMap(({ name }) => /^\/(.*--.*)-db-1$/.exec(name)?.[1] ?? []),
      projects,
    ),
    ...other(
      'networks',
      networks.filter((name) => NAMED.test(name)),
      [...names.map((name) => `${bridge}${name}`), ...projects.map((name) => `${name}_default`)],
    ),
    ...visits.flat(),
  ]
}

const isPreview = (app: string) => NAMED.test(app)

async function visit(life: Life, vm: Vm): Promise<string[]> {
  const site = { port: vm.sites, domain: `${appOf(life)}.${DOMAIN}` }
  const { status, body } = await ask(site, { authorization: AUTHORIZATION }).catch(
    (error: unknown) => ({ status: 0, body: String(error) }),
  )
  if (body.trim() === `preview-${life.version}`) return []
  return [`${appOf(life)} answers ${status} ${body.trim()}, not preview-${life.version}`]
}

function other(what: string, there: readonly string[], wanted: readonly string[]): string[] {
  const [found, right] = [there.toSorted().join(' '), wanted.toSorted().join(' ')]
  return found === right ? [] : [`${what}: ${found}; wanted: ${right}`]
}
