import type Docker from 'dockerode'
import { DeployError } from '../../core/errors.ts'
import { divide } from '../subnet.ts'
import { isMissing, translate } from './errors.ts'

/** Makes the bridge network of the slots, or checks that the one there has the configured subnet. */
export async function ensureNetwork(
  docker: Docker,
  { name, subnet }: { name: string; subnet: string },
): Promise<void> {
  const { gateway, dynamic } = divide(subnet)
  const existing = await findSubnets(docker, name)
  if (existing === undefined) {
    try {
      await docker.createNetwork({
        Name: name,
        Driver: 'bridge',
        Labels: { 'deploy-receiver.network': name },
        IPAM: {
          Driver: 'default',
          Config: [{ Subnet: subnet, Gateway: gateway, IPRange: dynamic }],
        },
      })
    } catch (error) {
      const failed = translate(
        error,
        `cannot create the network ${name} (${subnet})`,
        'start_failed',
      )
      throw new DeployError(failed.code, failed.message, {
        hint: /overlap/i.test(failed.message)
          ? `another network or a route of the VM uses ${subnet}: set network.subnet to a free one`
          : (failed.hint ?? 'see the message'),
        cause: error,
      })
    }
  } else if (!existing.includes(subnet)) {
    throw new DeployError(
      'start_failed',
      `the Docker network ${name} exists with ${existing.join(', ') || 'no subnet'}, but network.subnet is ${subnet}`,
      { hint: `set network.subnet to that one, or network.name to a name of its own` },
    )
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

async function findSubnets(docker: Docker, name: string): Promise<string[] | undefined> {
  try {
    const { IPAM } = await docker.getNetwork(name).inspect()
    return (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet]))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw translate(error, `cannot look at the network ${name}`, 'start_failed')
  }
}
