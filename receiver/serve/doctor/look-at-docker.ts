import { existsSync } from 'node:fs'
import type Docker from 'dockerode'
import type { AppConfig, Config } from '../../config/config.ts'
import { DeployError } from '../../core/errors.ts'
import { type Finding, type Found, of } from '../../core/finding.ts'
import { imagesAt, type StoreInfo } from '../../edges/docker/disk.ts'
import { translate } from '../../edges/docker/errors.ts'
import { findNetwork, gatewayOf, subnetOf } from '../../edges/docker/network.ts'
import { isOwnAddress } from '../../edges/own-addresses.ts'
import { look } from './look.ts'
import { lookAtImages } from './look-at-disk.ts'

/** What is asked of Docker. */
export interface AskedDocker extends Pick<Docker, 'version' | 'info'> {
  getNetwork(name: string): Pick<Docker.Network, 'inspect'>
}

/** Whether it answers, can all that the apps ask for, leaves them alone when it restarts, and has room. */
export const lookAtDocker = (
  docker: Pick<AskedDocker, 'version' | 'info'>,
  apps: readonly AppConfig[] = [],
): Promise<Finding>[] => {
  const info = askDocker(async () => (await docker.info()) as Info)
  // whoever needs it hears of it
  info.catch(() => {})
  return [
    look('docker', () => version(docker, info, apps)),
    look('live-restore', async () => {
      const known = await info.catch(() => undefined)
      return known === undefined ? NO_ANSWER : liveRestore(known)
    }),
    look('disk', () => lookAtImageDisk(info)),
  ]
}

/** Room for images, where they lie. Throws `disk_full`. */
export async function lookAtImageDisk(info: Info | Promise<Info>): Promise<string> {
  const known = await info
  const path = imagesAt(known)
  const isHere = [known.DockerRootDir, path].every((each) => existsSync(each))
  return isHere ? lookAtImages(path) : `not looked at: this machine has no ${path}`
}

interface Info extends StoreInfo {
  LiveRestoreEnabled?: boolean
  SecurityOptions?: string[] | null
  Swarm?: { LocalNodeState?: string }
}

/** That it does not answer is said once. */
const NO_ANSWER = 'not looked at: Docker does not answer'

/** What an engine passes over without a word, by the API that has it first. */
const NEWER: readonly {
  key: string
  api: number
  engine: string
  uses: (app: AppConfig) => boolean
}[] = [
  {
    key: 'healthcheck.start_interval',
    api: 44,
    engine: '25.0',
    uses: ({ container }) => container.healthcheck?.startIntervalMs !== undefined,
  },
  {
    key: 'annotations',
    api: 43,
    engine: '24.0',
    uses: ({ container }) => container.annotations !== undefined,
  },
]

async function version(
  docker: Pick<AskedDocker, 'version'>,
  info: Promise<Info>,
  apps: readonly AppConfig[],
): Promise<Found> {
  const { Version, ApiVersion, Os, Arch } = await askDocker(() => docker.version())
  const rootless = isRootless(await info.catch((): Partial<Info> => ({}))) ? ', rootless' : ''
  const message = `engine ${Version} on ${Os}/${Arch}${rootless}`
  const minor = Number(ApiVersion.split('.')[1] ?? Number.NaN)
  const [lacking] = NEWER.flatMap((each) => {
    const by = minor < each.api ? apps.find(each.uses) : undefined
    return by === undefined ? [] : { ...each, app: by.name }
  })
  if (lacking === undefined) return message
  return {
    message: `${message}: it passes over apps.${lacking.app}.${lacking.key}`,
    hint: `upgrade Docker to ${lacking.engine} or newer`,
  }
}

function liveRestore(info: Info): Found {
  if (info.LiveRestoreEnabled === true) return 'containers go on while the engine restarts'
  const message = 'off: an upgrade or a restart of Docker stops all containers for that time'
  if (info.Swarm?.LocalNodeState === 'active')
    return `${message}; an engine of a swarm has no other way`
  const [file, reload] = isRootless(info)
    ? ['~/.config/docker/daemon.json', 'systemctl --user reload docker']
    : ['/etc/docker/daemon.json', 'systemctl reload docker']
  return { message, hint: `put "live-restore": true into ${file}, and ${reload}: nothing restarts` }
}

const isRootless = ({ SecurityOptions }: Partial<Info>) =>
  SecurityOptions?.some((each) => each.includes('name=rootless')) === true

/** Whether the networks are there that containers stand on, and whether Nginx comes to them from this machine. */
export function lookAtNetworks(
  docker: Pick<AskedDocker, 'getNetwork'>,
  { network, apps }: Pick<Config, 'network' | 'apps'>,
  { isRunning, isOwn = isOwnAddress }: { isRunning: boolean; isOwn?: typeof isOwnAddress },
): Promise<Finding>[] {
  const further = Map.groupBy(
    Object.values(apps).flatMap(({ name, container }) =>
      container.networks.map((each) => ({ app: name, network: each })),
    ),
    (each) => each.network,
  )
  return [
    look('network', async () => {
      const there = await findNetwork(docker, network.name).catch(unanswered)
      if (there === 'no answer') return NO_ANSWER
      if (there === undefined && !isRunning) return `${network.name} is made by the first start`
      if (there === undefined) {
        throw failure(`Docker has no network ${network.name}, on which all apps stand`, RESTART)
      }
      const subnet = subnetOf(there, network)
      const gateway = gatewayOf(there, subnet)
      if (await isOwn(gateway))
        return `${network.name} has ${subnet}, with this machine at ${gateway}`
      throw failure(
        `${network.name} has ${subnet}, and ${gateway} is not an address of this machine: Nginx does not come to the containers`,
        'have the receiver, Nginx and an engine that is not rootless on one machine; if they are, `systemctl restart docker` makes the bridge anew',
      )
    }),
    ...[...further].map(([name, by]) =>
      look(of('network', name), async () => {
        const there = await findNetwork(docker, name).catch(unanswered)
        if (there === 'no answer') return NO_ANSWER
        const users = by.map(({ app }) => app)
        if (there !== undefined) return `Docker has it, for ${users.join(', ')}`
        const message = `Docker has none of that name, and apps.${users[0]}.networks names it`
        throw failure(message, `docker network create ${name}`)
      }),
    ),
  ]
}

const RESTART = 'systemctl restart deploy-receiver makes it, and the containers on it'

function unanswered(error: unknown): 'no answer' {
  if (error instanceof DeployError && error.code === 'engine_unreachable') return 'no answer'
  throw error
}

const failure = (message: string, hint: string) => Object.assign(new Error(message), { hint })

/** What the client library throws has no remedy. */
async function askDocker<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw translate(error, 'the engine', 'engine_unreachable')
  }
}
