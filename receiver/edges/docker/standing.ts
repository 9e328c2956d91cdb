import type Docker from 'dockerode'
import { parseImage } from '../../../protocol/image-reference.ts'
import type { Standing } from '../../core/slots/ownership.ts'
import { translate } from './errors.ts'
import { ANONYMOUS } from './containers.ts'
import {
  hasVolumesByName,
  type Home,
  isInSlot,
  isOurs,
  ofInstallation,
  ofNetwork,
  readLabels,
  readMaker,
} from './labels.ts'
import { retryReads } from './retry-reads.ts'
import { volumeName } from './volumes.ts'

/** All that stands in a slot on a network, whoever made it, by its labels alone. Throws `DeployError`. */
export async function listStanding(docker: Docker, network: string): Promise<Standing[]> {
  try {
    const filters = { label: ofNetwork(network) }
    const all = await retryReads(() => docker.listContainers({ all: true, filters }))
    return all
      .filter(({ Labels }) => isInSlot(Labels))
      .map(({ Names, Labels, Image, State, Created, Mounts }) => ({
        name: (Names[0] ?? '').replace(/^\//, ''),
        ...readLabels(Labels),
        ...readMaker(Labels),
        ...repositoryOf(Image),
        running: State === 'running',
        createdAt: new Date(Created * 1000).toISOString(),
        volumes: keptVolumes(network, Labels, Mounts),
      }))
  } catch (error) {
    throw translate(error, `cannot list the containers on ${network}`, 'engine_unreachable')
  }
}

/** Whether the engine has a container or a network that an installation made. Throws `DeployError`. */
export async function bearsInstallation(docker: Docker, installation: string): Promise<boolean> {
  if (installation === '') return false
  const filters = { label: ofInstallation(installation) }
  try {
    const [containers, networks] = await Promise.all([
      retryReads(() => docker.listContainers({ all: true, filters })),
      retryReads(() => docker.listNetworks({ filters })),
    ])
    return containers.length + networks.length > 0
  } catch (error) {
    throw translate(error, `cannot list what ${installation} made`, 'engine_unreachable')
  }
}

/** The names of all containers of an installation on its network, whatever they are for. Throws `DeployError`. */
export async function listOurs(docker: Docker, home: Home): Promise<string[]> {
  try {
    const filters = { label: ofNetwork(home.network) }
    const all = await retryReads(() => docker.listContainers({ all: true, filters }))
    return all
      .filter(({ Labels }) => isOurs(home, Labels))
      .map(({ Names }) => (Names[0] ?? '').replace(/^\//, ''))
      .toSorted()
  } catch (error) {
    throw translate(error, `cannot list the containers on ${home.network}`, 'engine_unreachable')
  }
}

/** By the names that they bear; one that was taken over has that which Docker gave it. All others are of the config. */
function keptVolumes(
  network: string,
  labels: Readonly<Record<string, string>>,
  mounts: Docker.ContainerInfo['Mounts'] | undefined,
): Record<string, string> {
  if (!hasVolumesByName(labels)) return {}
  const { app, replica } = readLabels(labels)
  const isKept = (name: string, path: string) =>
    name === volumeName(network, { app, path, replica }) || ANONYMOUS.test(name)
  return Object.fromEntries(
    (mounts ?? []).flatMap(({ Type, Name = '', Destination }) =>
      Type === 'volume' && isKept(Name, Destination) ? [[Destination, Name]] : [],
    ),
  )
}

/** Docker names an image that lost its name by its id. */
function repositoryOf(image: string): { repository?: string } {
  if (!image.includes('@')) return {}
  try {
    return { repository: parseImage(image).repository }
  } catch {
    return {}
  }
}
