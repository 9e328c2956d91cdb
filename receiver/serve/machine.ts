import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Docker from 'dockerode'
import type { Config } from '../config/config.ts'
import { usesDocker } from '../config/uses-docker.ts'
import { defined } from '../core/defined.ts'
import type { Machine } from '../core/slots/ownership.ts'
import type { RemovePorts } from '../core/slots/remove-app.ts'
import { findNetwork, gatewayOf, subnetOf } from '../edges/docker/network.ts'
import { connectDocker, withoutDocker } from '../edges/docker/connect.ts'
import type { Bridge } from '../edges/nginx/app-sites.ts'
import { listStanding } from '../edges/docker/standing.ts'
import { neighbour } from '../edges/subnet.ts'
import { makeSearchable } from '../edges/searchable.ts'
import { settingsKey } from '../edges/store/settings.ts'
import type { openStore } from './open-store.ts'

/** What is there already, and the addresses that the slots' network has or will have. Only looks. Throws `DeployError`. */
export async function lookAtMachine(
  docker: Docker,
  { network }: Pick<Config, 'network'>,
): Promise<Machine & Bridge & { isolated: string }> {
  const [found, standing] = await Promise.all([
    findNetwork(docker, network.name),
    listStanding(docker, network.name),
  ])
  const subnet = subnetOf(found, network)
  return {
    network: network.name,
    standing,
    subnet,
    gateway: gatewayOf(found, subnet),
    isolated: network.previews ?? neighbour(subnet),
    ...(found?.installation === undefined ? {} : { madeBy: found.installation }),
  }
}

/** The engine, and what it has already; where no app is Docker's, none that answers, and nothing. Throws `DeployError`. */
export async function openMachine(
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<{ docker: Docker; machine: Machine & Bridge & { isolated?: string } }> {
  if (usesDocker(config)) {
    const docker = await connectDocker(environment)
    return { docker, machine: await lookAtMachine(docker, config) }
  }
  const { name: network, subnet } = config.network
  const machine = { network, standing: [], subnet, gateway: gatewayOf(undefined, subnet) }
  return { docker: withoutDocker(), machine }
}

/** Where no app is Docker's: nothing of any is there to be removed. */
export const NO_CONTAINERS: RemovePorts['engine'] = {
  services: async () => [],
  containers: async () => [],
  remove: async () => {},
  removeReleases: async () => {},
  removeCommands: async () => {},
  removeVolumes: async () => [],
}

export const storeFile = (data: string): string => join(data, 'deploy-receiver.db')

/** What the settings of releases are encrypted with. */
export const settingsKeyFile = (data: string): string => join(data, 'settings.key')

/** The trust roots of attestations, if any are asked for. */
export const trustRootFile = (data: string): string => join(data, 'trusted_root.json')

export const hasStore = (data: string): boolean => existsSync(storeFile(data))

/** Where the store is, in a data directory that is made if need be. */
export function storePlace(
  data: string,
  places: { subnet: string; isolated?: string },
): Parameters<typeof openStore>[0] {
  // Nginx's workers look up the slot flags and read challenges in here
  makeSearchable(data, 0o711)
  return {
    file: storeFile(data),
    settingsKey: settingsKey(settingsKeyFile(data)),
    subnet: places.subnet,
    ...defined({ isolated: places.isolated }),
  }
}
