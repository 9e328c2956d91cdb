import { makePair } from '../../../test/support/certificates.ts'
import { buildHelloBase, pushHello } from '../../../test/support/images.ts'
import { startNginx } from '../../../test/support/nginx.ts'
import { startSwarm } from '../../../test/support/swarm.ts'
import { openWorkspace } from '../../../test/support/workspace.ts'
import { type Contestant, dockerAt, plainWeb, untilHealthy } from './contestants.ts'

const SWAPS = 20
const PORT = 8000
const VERSIONS = ['1', '2']

/**
 * Swarm's rolling update of a service with one replica. It publishes its port at its node (`mode=host`), so the old task stops before the new
 * one starts: both cannot have it.
 */
export async function swarmContestant(): Promise<Contestant> {
  const workspace = openWorkspace()
  const nginx = await startNginx({ dir: workspace.folder('nginx') })
  const web = await plainWeb(nginx, makePair(workspace.folder('tls'), ['tls.api.test']))
  const swarm = await startSwarm(workspace, 1)
  const docker = dockerAt(swarm.dockerHost, { DOCKER_CONFIG: `${workspace.dir}/docker-config` })
  const image = (number: number) => `${swarm.registry.host}/acme/hello:${VERSIONS[number % 2]}`
  return {
    name: "Swarm's `docker service update`",
    swaps: SWAPS,
    ...web.sites,
    async start() {
      const where = { host: swarm.dockerHost, dir: workspace.dir, login: swarm.registry }
      await buildHelloBase(where)
      for (const [number, version] of VERSIONS.entries()) {
        await pushHello({ ...where, image: image(number), version })
      }
      await docker(
        'service',
        'create',
        '--name=web',
        '--endpoint-mode=dnsrr',
        '--with-registry-auth',
        `--publish=mode=host,target=${PORT},published=${PORT}`,
        image(0),
      )
      await untilHealthy(swarm.nodes[0]?.address ?? '')
      await web.to(swarm.nodes[0]?.address ?? '')
    },
    async swap(number) {
      await docker('service', 'update', '--with-registry-auth', `--image=${image(number)}`, 'web')
      await untilHealthy(swarm.nodes[0]?.address ?? '')
    },
    async stop() {
      try {
        await workspace.close()
      } finally {
        await swarm.release()
      }
    },
  }
}
