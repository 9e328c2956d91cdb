import type { Config } from '../../config/config.ts'
import { usesDocker, usesNginx } from '../../config/uses-docker.ts'
import type { Finding } from '../../core/finding.ts'
import type { Journal } from '../../core/journal.ts'
import type { Edit } from '../../edges/nginx/edited.ts'
import type { SiteFiles } from '../../edges/nginx/sites.ts'
import type { ReadRepository } from '../../edges/registry/reading.ts'
import { look, lookAtAll } from './look.ts'
import { lookAtAccess } from './look-at-access.ts'
import { type AppPorts, lookAtApps } from './look-at-apps.ts'
import { lookAtData, lookAtLogs } from './look-at-disk.ts'
import { type AskedDocker, lookAtDocker, lookAtNetworks } from './look-at-docker.ts'
import { lookAtFiles, lookAtDrain, lookAtMaintenance, lookAtNginx } from './look-at-nginx.ts'
import { type LookedAtProjects, lookAtProjects } from './look-at-projects.ts'
import { type LookedAtKubernetes, lookAtKubernetes } from './look-at-kubernetes.ts'
import { type LookedAtSwarm, lookAtSwarm } from './look-at-swarm.ts'
import { lookAtPorts } from './look-at-ports.ts'
import { lookAtPublicUrl } from './look-at-public-url.ts'
import { lookAtRegistries, lookAtTime, lookAtTrustRoots } from './look-at-registries.ts'
import { lookAtTraffic, type TrafficPorts } from './look-at-traffic.ts'
import { lookAtWayToData, WAY_TO_DATA } from './way-to-data.ts'

/** What a look at the machine takes, with or without a receiver. */
export interface MachineParts {
  config: Config
  docker: AskedDocker
  sites: Pick<SiteFiles, 'check' | 'look' | 'receiver'>
  read: ReadRepository
  /** Whether others find this machine by its names, and are let in. */
  wayIn: () => Promise<Finding[]>
  certificates: () => Promise<Finding[]>
  /** Whether something of the app is live. */
  isLive: (app: string) => boolean
  /** Since when its visitors are told that there is maintenance. */
  maintenanceSince: (app: string) => string | undefined
  /** Since when load balancers are told to send nobody to this machine. */
  drainedSince: () => string | undefined
}

/** What only a receiver that runs has. */
export interface ReceiverParts extends Omit<MachineParts, 'isLive'> {
  engine: AppPorts['engine']
  journal: AppPorts['journal'] & Pick<Journal, 'find' | 'next' | 'settings'>
  /** What somebody did to Nginx's files. */
  edits: () => readonly Edit[]
  /** Compares the config in force with its file. */
  compareConfig: () => Promise<Finding[]>
  /** Its answer to a question, which nobody else has. */
  prove: (question: string) => string
  stoppedSince: AppPorts['stoppedSince']
  projects: LookedAtProjects
  /** Whether the receiver hears of requests. */
  traffic: TrafficPorts
  swarm: LookedAtSwarm
  kubernetes: LookedAtKubernetes
  /** Whether whoever is to hear of news does. */
  notify: () => Finding[]
}

/** Looks at all that a deployment needs. Each look has a deadline, and none changes anything. */
export async function runDoctor(parts: ReceiverParts): Promise<Finding[]> {
  const { config, journal, stoppedSince, edits } = parts
  const isLive = (app: string) => journal.live(app) !== undefined
  // that belongs to it
  const maintenanceSince = (app: string) =>
    stoppedSince(app) === undefined ? parts.maintenanceSince(app) : undefined
  return together([
    lookAtAll('config', parts.compareConfig),
    ...machineLooks({ ...parts, isLive, maintenanceSince }, { isRunning: true }),
    lookAtPublicUrl(config, parts.prove),
    ...lookAtApps(inSlots(config), parts),
    ...lookAtSwarm(Object.values(config.apps), parts.swarm, journal),
    ...lookAtKubernetes(Object.values(config.apps), parts.kubernetes, journal),
    ...lookAtProjects(Object.values(config.apps), { ...parts.projects, journal, stoppedSince }),
    lookAtFiles(edits),
    lookAtTraffic(config, parts.traffic),
    lookAtAll('notify', parts.notify),
  ])
}

/** Apps whose containers stand on this machine. */
const inSlots = ({ apps }: Config) =>
  Object.values(apps).filter(({ engine }) => engine === 'docker')

/** Looks at what needs no receiver and no record. */
export const lookAtMachine = (parts: MachineParts): Promise<Finding[]> =>
  together(machineLooks(parts, { isRunning: false }))

type Looks = Promise<Finding | Finding[]>[]

/** Side by side: what does not answer must not keep the others waiting. */
const together = async (looks: Looks): Promise<Finding[]> => (await Promise.all(looks)).flat()

function machineLooks(
  {
    config,
    docker,
    sites,
    read,
    wayIn,
    certificates,
    isLive,
    maintenanceSince,
    drainedSince,
  }: MachineParts,
  { isRunning }: { isRunning: boolean },
): Looks {
  const { data } = config
  const apps = Object.values(config.apps)
  return [
    ...(usesDocker(config) ? lookAtDocker(docker, apps) : []),
    look('data', () => lookAtData(data)),
    look('logs', () => lookAtLogs('/var/log')),
    lookAtAccess(config),
    lookAtAll(WAY_TO_DATA, () => lookAtWayToData(data)),
    lookAtTime(apps, read),
    ...(usesDocker(config) ? lookAtNetworks(docker, config, { isRunning }) : []),
    lookAtPorts(config, { isRunning }),
    ...(usesNginx(config) ? lookAtNginx(apps, sites) : []),
    lookAtAll('dns', wayIn),
    lookAtAll('certificates', certificates),
    lookAtAll('maintenance', () => lookAtMaintenance(apps, maintenanceSince)),
    lookAtAll('drain', () => lookAtDrain(drainedSince)),
    ...lookAtTrustRoots(data, apps),
    ...lookAtRegistries(apps, read, isLive),
  ]
}
