import { isIPv4 } from 'node:net'
import type Docker from 'dockerode'
import { DeployError } from '../../core/errors.ts'
import { divide } from '../subnet.ts'
import { isMissing, statusOf, translate } from './errors.ts'
import { networkLabels, readNetworkLabels } from './labels.ts'

/** The bridge network of the slots, as it is there already. */
export interface FoundNetwork {
  subnets: readonly string[]
  /** This machine's address in a subnet, where Docker says which it gave it. */
  gateways: Readonly<Record<string, string>>
  /** Whether a receiver made it. */
  isMade: boolean
  /** The installation that made it, if it bears an id. */
  installation?: string
}

/** Looks at a network; `undefined` when there is none of that name. */
export async function findNetwork(
  docker: { getNetwork(name: string): Pick<Docker.Network, 'inspect'> },
  name: string,
): Promise<FoundNetwork | undefined> {
  try {
    const { IPAM, Labels } = await docker.getNetwork(name).inspect()
    const ranges = IPAM?.Config ?? []
    return {
      subnets: ranges.flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet])),
      gateways: Object.fromEntries(
        ranges.flatMap(({ Subnet, Gateway }) =>
          Subnet !== undefined && isIPv4(Gateway ?? '') ? [[Subnet, Gateway ?? '']] : [],
        ),
      ),
      ...readNetworkLabels(Labels),
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw translate(error, `cannot look at the network ${name}`, 'start_failed')
  }
}

/**
 * The subnet that the slots get their addresses of: a network keeps the one that it was made with, since containers stand in
 * it. Throws when the network is somebody else's and has another one than the config.
 */
export function subnetOf(
  found: FoundNetwork | undefined,
  { name, subnet }: { name: string; subnet: string },
): string {
  if (found === undefined || found.subnets.includes(subnet)) return subnet
  const kept = found.subnets.find((each) => /^\d+\.\d+\.\d+\.\d+\/\d+$/.test(each))
  if (found.isMade && kept !== undefined) return kept
  throw new DeployError(
    'start_failed',
    `the Docker network ${name} exists with ${found.subnets.join(', ') || 'no subnet'}, but network.subnet is ${subnet}`,
    { hint: 'set network.name to a name of its own: the receiver did not make this network' },
  )
}

/** This machine's address on the network: the first of the subnet, unless the network was made with another one. */
export const gatewayOf = (found: FoundNetwork | undefined, subnet: string): string =>
  found?.gateways[subnet] ?? divide(subnet).gateway

/** Makes a bridge network of slots, unless it is there. Docker lets nothing through from one bridge to another. */
export async function ensureNetwork(
  docker: Docker,
  {
    name,
    subnet,
    installation,
    key = 'subnet',
  }: {
    name: string
    subnet: string
    installation: string
    /** Of `network` in the config: where the subnet is of. */
    key?: 'subnet' | 'previews'
  },
): Promise<void> {
  const found = await findNetwork(docker, name)
  if (found !== undefined && key === 'previews' && found.installation !== installation) {
    throw new DeployError('not_ours', `the Docker network ${name} is there already, and not ours`, {
      hint: `docker network rm ${name}, if nobody needs it`,
    })
  }
  if (found !== undefined) return
  const { gateway, dynamic } = divide(subnet)
  try {
    await docker.createNetwork({
      Name: name,
      Driver: 'bridge',
      Labels: networkLabels(name, installation),
      IPAM: {
        Driver: 'default',
        Config: [{ Subnet: subnet, Gateway: gateway, IPRange: dynamic }],
      },
    })
  } catch (error) {
    const failed = translate(error, `cannot create the network ${name} (${subnet})`, 'start_failed')
    throw new DeployError(failed.code, failed.message, {
      hint: /overlap/i.test(failed.message)
        ? `another network or a route of the VM uses ${subnet}: set network.${key} to a free one`
        : (failed.hint ?? 'see the message'),
      cause: error,
    })
  }
}

/** Connects a container to further networks, by name, on which it bears these names. */
export async function joinNetworks(
  docker: Docker,
  container: string,
  networks: readonly string[],
  aliasesOn: (network: string) => readonly string[] = () => [],
): Promise<void> {
  for (const name of networks) {
    await docker.getNetwork(name).connect({
      Container: container,
      EndpointConfig: { Aliases: [...aliasesOn(name)] },
    })
  }
}

/** Removes a network that nothing is on any more. Resolves to whether it is gone: what somebody else has on it keeps it. */
export async function removeNetwork(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getNetwork(name).remove()
    return true
  } catch (error) {
    if (isMissing(error)) return true
    // 403, by newer engines 409: it has active endpoints
    if ([403, 409].includes(statusOf(error) ?? 0)) return false
    throw translate(error, `cannot remove the network ${name}`, 'engine_unreachable')
  }
}
