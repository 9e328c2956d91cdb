import type { ServicePlan } from '../../core/project/ports.ts'
import type { Installation } from '../../core/installation.ts'
import type { Container, Slot } from '../../core/slots/container.ts'
import type { ContainerPlan, ReleasePlan } from '../../core/slots/ports.ts'

/** Labels by which the receiver knows its own containers again. */
const LABEL = {
  installation: 'deploy-receiver.installation',
  network: 'deploy-receiver.network',
  app: 'deploy-receiver.app',
  generation: 'deploy-receiver.generation',
  slot: 'deploy-receiver.slot',
  replica: 'deploy-receiver.replica',
  deployment: 'deploy-receiver.deployment',
  digest: 'deploy-receiver.digest',
  address: 'deploy-receiver.address',
  port: 'deploy-receiver.port',
  networks: 'deploy-receiver.networks',
  /** Of a container that stands on another bridge than that of the installation. */
  bridge: 'deploy-receiver.bridge',
  /** Of a container that has what is kept in volumes by their names; older versions' have not. */
  volumes: 'deploy-receiver.volumes',
  /** Of a container in which a command runs that somebody ordered. */
  command: 'deploy-receiver.command',
  /** Of a container of a Compose project's service, beside the app's own. */
  service: 'deploy-receiver.service',
  /** Of such a one that is run to its end. */
  once: 'deploy-receiver.once',
  /** Of all that Compose made for a preview. */
  preview: 'deploy-receiver.preview',
  /** Of a volume. */
  path: 'deploy-receiver.path',
} as const

/** Where our containers stand, and whose they are. A network is one installation's alone. */
export interface Home {
  network: string
  installation: Installation
  /** `name:address` of what containers that are made now find by name, unless they are told another address for it. */
  hosts?(): readonly string[]
}

/** Whether this installation made it. What bears no id is older than the ids: then its deployment is on our record. */
export function isOurs(
  { network, installation }: Home,
  // Docker-compatible engines say null for none
  labels: Readonly<Record<string, string>> | null | undefined,
): boolean {
  if (labels?.[LABEL.network] !== network) return false
  const { [LABEL.installation]: id, [LABEL.deployment]: deployment } = labels
  if (id !== undefined) return id === installation.id
  // release commands bore no deployment
  return deployment === undefined ? !isInSlot(labels) : installation.knows(deployment)
}

/** What an installation made. */
export const ofInstallation = (id: string) => [`${LABEL.installation}=${id}`]

/** What Compose makes for a preview bears these alone: it is none of the receiver's own containers. */
export const apartLabels = (installation: string, app: string): Record<string, string> => ({
  [LABEL.installation]: installation,
  [LABEL.preview]: app,
})

/** What Compose made for a preview, or for all of them. */
export const filterOfApart = (installation: string, app?: string) => ({
  label: [
    ...ofInstallation(installation),
    app === undefined ? LABEL.preview : `${LABEL.preview}=${app}`,
  ],
})

/** Those that stand on a network, whoever made them. */
export const ofNetwork = (network: string) => [`${LABEL.network}=${network}`]

/** With a slot: the container of a release command is no version of an app. */
export const filterOfSlots = (network: string) => ({
  label: [...ofNetwork(network), LABEL.slot],
})

export const filterOf = (network: string, app: string) => ({
  label: [...filterOfSlots(network).label, `${LABEL.app}=${app}`],
})

export const appOf = (labels: Readonly<Record<string, string>>): string => labels[LABEL.app] ?? ''

/** Everything of an app: also the containers of its release commands, which stand in no slot. */
export const filterOfApp = (network: string, app: string) => ({
  label: [...ofNetwork(network), `${LABEL.app}=${app}`],
})

export const generationOf = (labels: Readonly<Record<string, string>>): number =>
  Number(labels[LABEL.generation])

/** An image's own labels are its containers', too, where we set none. */
export const isInSlot = (labels: Readonly<Record<string, string>>): boolean =>
  labels[LABEL.slot] === 'blue' || labels[LABEL.slot] === 'green'

export const networkLabels = (network: string, installation: string): Record<string, string> => ({
  [LABEL.installation]: installation,
  [LABEL.network]: network,
})

export const readNetworkLabels = (
  labels: Readonly<Record<string, string>> | null | undefined,
): { isMade: boolean; installation?: string } => {
  const installation = labels?.[LABEL.installation]
  return {
    isMade: labels?.[LABEL.network] !== undefined,
    ...(installation === undefined ? {} : { installation }),
  }
}

/** The bridge that an isolated app has for itself. Names of apps and of networks may look alike: none has a `_`. */
export const isolatedBridge = (network: string, app: string): string => `${network}_${app}`

/** The bridge that an app's containers stand on. */
export const bridgeOf = (
  { network }: Home,
  { isolated, name }: { isolated?: true; name: string },
): string => (isolated === true ? isolatedBridge(network, name) : network)

/** The one that a container was made for. */
export function bridgeIn(network: string, labels: Readonly<Record<string, string>>): string {
  const own = isolatedBridge(network, labels[LABEL.app] ?? '')
  return labels[LABEL.bridge] === own ? own : network
}

/** Only of what stands elsewhere than all did by every version. */
const ofBridge = (home: Home, app: { isolated?: true; name: string }): Record<string, string> =>
  app.isolated === true ? { [LABEL.bridge]: bridgeOf(home, app) } : {}

export const commandLabels = (
  home: Home,
  { app }: { app: ReleasePlan['app'] },
): Record<string, string> => ({
  ...app.container.labels,
  ...networkLabels(home.network, home.installation.id),
  [LABEL.slot]: 'none',
  [LABEL.app]: app.name,
  [LABEL.command]: 'by hand',
})

/** The containers of commands of an app that somebody ordered. */
export const filterOfCommands = (network: string, app: string) => ({
  label: [...filterOfApp(network, app).label, LABEL.command],
})

/** The containers of an app's other services. */
export const filterOfServices = (network: string, app: string) => ({
  label: [...filterOfApp(network, app).label, LABEL.service],
})

export const serviceOf = (labels: Readonly<Record<string, string>>): string =>
  labels[LABEL.service] ?? ''

export const isOneOff = (labels: Readonly<Record<string, string>>): boolean =>
  labels[LABEL.once] !== undefined

/** Whether it stands on networks of its project alone. */
export const isService = (labels: Readonly<Record<string, string>>): boolean =>
  labels[LABEL.service] !== undefined

export const serviceLabels = (
  home: Home,
  plan: ServicePlan,
  { once }: { once: boolean },
): Record<string, string> => ({
  ...plan.service.container.labels,
  ...networkLabels(home.network, home.installation.id),
  [LABEL.slot]: 'none',
  [LABEL.app]: plan.app.name,
  [LABEL.service]: plan.service.name,
  ...(once ? { [LABEL.once]: 'to its end' } : {}),
  [LABEL.generation]: String(plan.generation),
  [LABEL.replica]: String(plan.replica),
  [LABEL.deployment]: plan.deployment,
  [LABEL.digest]: plan.digest,
  [LABEL.networks]: plan.service.container.networks.join(SEPARATOR),
  [LABEL.volumes]: 'by name',
})

export const releaseLabels = (home: Home, plan: ReleasePlan): Record<string, string> => ({
  ...plan.app.container.labels,
  ...networkLabels(home.network, home.installation.id),
  [LABEL.slot]: 'none',
  [LABEL.app]: plan.app.name,
  [LABEL.generation]: String(plan.generation),
})

export const labelsOf = (home: Home, plan: ContainerPlan): Record<string, string> => ({
  ...plan.app.container.labels,
  ...networkLabels(home.network, home.installation.id),
  [LABEL.app]: plan.app.name,
  [LABEL.generation]: String(plan.generation),
  [LABEL.slot]: plan.slot,
  [LABEL.replica]: String(plan.replica),
  [LABEL.deployment]: plan.deployment,
  [LABEL.digest]: plan.digest,
  [LABEL.address]: plan.address,
  [LABEL.port]: String(plan.port),
  ...ofBridge(home, plan.app),
  [LABEL.networks]: plan.app.container.networks.join(SEPARATOR),
  [LABEL.volumes]: 'by name',
})

/** No name of a network has one. */
const SEPARATOR = ','

/** The further networks that a container was made with; none of what an older version made. */
export const furtherNetworks = (labels: Readonly<Record<string, string>>): string[] =>
  (labels[LABEL.networks] ?? '').split(SEPARATOR).filter((name) => name !== '')

export const volumeLabels = (
  { network, installation }: Home,
  { app, path, replica }: { app: string; path: string; replica: number },
): Record<string, string> => ({
  ...networkLabels(network, installation.id),
  [LABEL.app]: app,
  [LABEL.path]: path,
  [LABEL.replica]: String(replica),
})

/** Whether a container's volumes without a name are of no use to anybody. */
export const hasVolumesByName = (labels: Readonly<Record<string, string>>): boolean =>
  labels[LABEL.volumes] !== undefined

/** What the labels say of a container. */
export function readLabels(
  labels: Readonly<Record<string, string>>,
): Pick<Container, 'app' | 'generation' | 'slot' | 'replica' | 'digest' | 'address' | 'port'> {
  const slot: Slot = labels[LABEL.slot] === 'green' ? 'green' : 'blue'
  return {
    app: appOf(labels),
    generation: generationOf(labels),
    slot,
    replica: Number(labels[LABEL.replica] ?? 1),
    digest: labels[LABEL.digest] ?? '',
    address: labels[LABEL.address] ?? '',
    port: Number(labels[LABEL.port]),
  }
}

/** What the labels say of who made a container, and for what. */
export function readMaker(labels: Readonly<Record<string, string>>): {
  deployment: string
  installation?: string
} {
  const { [LABEL.installation]: installation, [LABEL.deployment]: deployment = '' } = labels
  return { deployment, ...(installation === undefined ? {} : { installation }) }
}
