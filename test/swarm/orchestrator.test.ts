import type { SwarmApp } from '../../receiver/core/app.ts'
import { DeployError } from '../../receiver/core/errors.ts'
import { systemClock } from '../../receiver/edges/clock.ts'
import type { Service } from '../../receiver/edges/swarm/api.ts'
import { createSwarm } from '../../receiver/edges/swarm/swarm.ts'
import { orchestratorContract } from '../contracts/orchestrator.ts'
import { fixedLogin } from '../support/fixed-login.ts'
import { INSTALLATION } from '../support/home.ts'
import { startSwarm } from '../support/swarm.ts'
import { SWARM_APP } from '../support/swarm-app.ts'
import { type ImageConfig, pushTiny } from '../support/tiny-image.ts'
import { openWorkspace } from '../support/workspace.ts'

const NETWORK = 'contract'
const SH = ['/bin/busybox', 'sh', '-c']
const HOUR_NS = 3600 * 1_000_000_000

orchestratorContract('Swarm', async () => {
  const workspace = openWorkspace()
  const swarm = await startSwarm(workspace, 1)
  const login = { username: swarm.registry.username, password: swarm.registry.password }
  const repository = `${swarm.registry.host}/acme/contract`
  const push = (version: string, config: ImageConfig = {}) =>
    pushTiny({ image: `${repository}:${version}`, version, config, login })
  let apps = 0
  let asked = 0
  return {
    orchestrator: createSwarm({
      docker: swarm.docker,
      home: { network: NETWORK, installation: INSTALLATION },
      credentials: fixedLogin(login),
      // nothing of it is asked before a node is; and its first moment is a bad one
      registry: {
        async platforms() {
          asked += 1
          if (asked === 1) throw new DeployError('registry_busy', 'too many requests')
          return []
        },
      },
      clock: systemClock,
      isOurs: () => true,
    }),
    clock: systemClock,
    repository,
    digests: {
      one: await push('one'),
      two: await push('two'),
      missing: `sha256:${'0'.repeat(64)}`,
      crashes: await push('crashes', { Cmd: [...SH, 'echo no database; exit 7'] }),
      'crashes later': await push('later', {
        Cmd: [...SH, 'echo no database; busybox sleep 1; exit 7'],
      }),
      'never ready': await push('sick', {
        Healthcheck: { Test: ['CMD', '/bin/busybox', 'false'], StartPeriod: HOUR_NS },
      }),
      'no room': await push('big'),
    },
    app: (changes: Partial<SwarmApp> = {}): SwarmApp => ({
      ...SWARM_APP,
      name: `api-${++apps}`,
      replicas: 2,
      watchMs: 4000,
      container: { ...SWARM_APP.container, stopGraceMs: 500 },
      ...changes,
    }),
    async change({ name }, image) {
      const service = swarm.docker.getService(`${NETWORK}-${name}`)
      if (image === undefined) return void (await service.remove())
      const { Version, Spec } = (await service.inspect()) as Service
      Spec.TaskTemplate.ContainerSpec.Image = image
      const auth = { ...login, serveraddress: swarm.registry.host }
      const changed = { version: Version.Index, ...Spec }
      await (service.update(auth, changed as never) as unknown as Promise<void>)
    },
    goesBack: true,
    noRoom: 'no suitable node',
    tooBig: (app) => ({
      ...app,
      container: { ...app.container, memoryReservationBytes: 2 ** 50 },
    }),
    async close() {
      await workspace.close()
      await swarm.release()
    },
  }
})
