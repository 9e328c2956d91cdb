import type { Platform, SwarmApi } from './api.ts'

export interface SwarmNode {
  id: string
  name: string
  /** `linux/amd64`; empty when it does not say. */
  platform: string
  address: string
  /** `ready`, `down`, … */
  state: string
  /** `active`, `pause`, `drain`. */
  availability: string
}

/** The nodes of the swarm, as a manager knows them. Throws `not_a_manager`. */
export const lookAtNodes = async (swarm: Pick<SwarmApi, 'nodes'>): Promise<SwarmNode[]> =>
  (await swarm.nodes()).map(({ ID, Spec, Description, Status }) => ({
    id: ID,
    name: Description?.Hostname ?? ID,
    platform: platformOf(Description?.Platform),
    address: Status?.Addr ?? '',
    state: Status?.State ?? 'unknown',
    availability: Spec?.Availability ?? 'active',
  }))

/** As the kernel says it, and as images do. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  armv6l: 'arm',
  i686: '386',
}

const platformOf = ({ Architecture = '', OS = '' }: Partial<Platform> = {}): string =>
  Architecture === '' ? '' : `${OS}/${ARCHITECTURES[Architecture] ?? Architecture}`

/** Those that run nothing that was built for these platforms; of an image that does not say, none. */
export const nodesWithout = (
  nodes: readonly SwarmNode[],
  platforms: readonly Platform[],
): SwarmNode[] =>
  platforms.length === 0
    ? []
    : nodes.filter(
        ({ platform }) =>
          platform !== '' &&
          !platforms.some(({ OS, Architecture }) => `${OS}/${Architecture}` === platform),
      )
