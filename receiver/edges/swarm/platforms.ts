import type { SwarmApp } from '../../core/app.ts'
import type { Order } from '../../core/delegated/orchestrator.ts'
import { DeployError } from '../../core/errors.ts'
import type { Registry } from '../../core/image/registry.ts'
import type { Platform } from './api.ts'
import { nodesWithout, type SwarmNode } from './nodes.ts'

/** The swarm compares its nodes' words with these alone; others would fit none of them. */
const isCompared = ({ Architecture }: Platform) => ['amd64', 'arm64'].includes(Architecture)

/** For what an image was built, and which nodes that leaves out. Throws `platform_missing` when none is left. */
export async function platformsFor(
  { repository, digest }: Order<SwarmApp>,
  nodes: readonly SwarmNode[],
  registry: Pick<Registry, 'platforms'>,
  signal: AbortSignal,
): Promise<{ platforms: Platform[]; lacking: string }> {
  const built = await registry.platforms({ repository, digest }, signal)
  const platforms = built.map((each) => {
    const [OS = '', Architecture = ''] = each.split('/')
    return { OS, Architecture }
  })
  const sent = platforms.filter(isCompared).length === platforms.length ? platforms : []
  const out = nodesWithout(nodes, platforms)
  if (out.length > 0 && out.length === nodes.length) {
    const theirs = [...new Set(nodes.map(({ platform }) => platform))].join(', ')
    throw new DeployError(
      'platform_missing',
      `no node of the swarm can run it: it was built for ${built.join(', ')}, and they are ${theirs}`,
      { hint: 'add the platform of the nodes to the build (platforms: linux/amd64,linux/arm64)' },
    )
  }
  const names = out.map(({ name, platform }) => `${name} (${platform})`).join(', ')
  return {
    platforms: sent,
    lacking: names === '' ? '' : `not on ${names}: it was built for ${built.join(', ')}`,
  }
}
