import type { Container, ContainerPlan, ReleasePlan, Slot } from '../../core/slots/ports.ts'

/** Labels by which the receiver knows its own containers again. */
const LABEL = {
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
} as const

/** The network's name tells the containers of two receivers on one engine apart. */
export const ofNetwork = (network: string) => [`${LABEL.network}=${network}`]

export const filterOf = (network: string, app: string) => ({
  // with a slot: the container of a release command is no version of the app
  label: [...ofNetwork(network), `${LABEL.app}=${app}`, LABEL.slot],
})

/** Everything of an app: also the containers of its release commands, which stand in no slot. */
export const filterOfApp = (network: string, app: string) => ({
  label: [...ofNetwork(network), `${LABEL.app}=${app}`],
})

export const generationOf = (labels: Readonly<Record<string, string>>): number =>
  Number(labels[LABEL.generation])

/** An image's own labels are its containers', too, where we set none. */
export const isInSlot = (labels: Readonly<Record<string, string>>): boolean =>
  labels[LABEL.slot] === 'blue' || labels[LABEL.slot] === 'green'

export const releaseLabels = (network: string, plan: ReleasePlan): Record<string, string> => ({
  ...plan.app.container.labels,
  [LABEL.slot]: 'none',
  [LABEL.network]: network,
  [LABEL.app]: plan.app.name,
  [LABEL.generation]: String(plan.generation),
})

export const labelsOf = (network: string, plan: ContainerPlan): Record<string, string> => ({
  ...plan.app.container.labels,
  [LABEL.network]: network,
  [LABEL.app]: plan.app.name,
  [LABEL.generation]: String(plan.generation),
  [LABEL.slot]: plan.slot,
  [LABEL.replica]: String(plan.replica),
  [LABEL.deployment]: plan.deployment,
  [LABEL.digest]: plan.digest,
  [LABEL.address]: plan.address,
  [LABEL.port]: String(plan.port),
  [LABEL.networks]: plan.app.container.networks.join(SEPARATOR),
})

/** No name of a network has one. */
const SEPARATOR = ','

/** The further networks that a container was made with; none of what an older version made. */
export const furtherNetworks = (labels: Readonly<Record<string, string>>): string[] =>
  (labels[LABEL.networks] ?? '').split(SEPARATOR).filter((name) => name !== '')

/** Whether it is a container of this receiver. */
export const isOfNetwork = (labels: Readonly<Record<string, string>>, network: string): boolean =>
  labels[LABEL.network] === network

/** What the labels say of a container. */
export function readLabels(
  labels: Readonly<Record<string, string>>,
): Pick<Container, 'app' | 'generation' | 'slot' | 'replica' | 'digest' | 'address' | 'port'> {
  const slot: Slot = labels[LABEL.slot] === 'green' ? 'green' : 'blue'
  return {
    app: labels[LABEL.app] ?? '',
    generation: generationOf(labels),
    slot,
    replica: Number(labels[LABEL.replica] ?? 1),
    digest: labels[LABEL.digest] ?? '',
    address: labels[LABEL.address] ?? '',
    port: Number(labels[LABEL.port]),
  }
}
