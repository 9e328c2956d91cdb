import { afterAll, beforeAll } from 'vitest'
import type { DelegatedPorts } from '../../receiver/core/delegated/ports.ts'
import { createDelegatedRollout } from '../../receiver/core/delegated/rollout.ts'
import type { SwarmApp } from '../../receiver/core/app.ts'
import { systemClock } from '../../receiver/edges/clock.ts'
import { createSwarm } from '../../receiver/edges/swarm/swarm.ts'
import { rolloutContract, type RolloutWorld } from '../contracts/rollout.ts'
import { createFakeWorld } from '../support/fake-world.ts'
import { fixedLogin } from '../support/fixed-login.ts'
import { INSTALLATION } from '../support/home.ts'
import { type PrivateSwarm, startSwarm } from '../support/swarm.ts'
import { SWARM_APP } from '../support/swarm-app.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { openWorkspace } from '../support/workspace.ts'

const NETWORK = 'rollout'
const workspace = openWorkspace()
let swarm: PrivateSwarm
let login: { username: string; password: string }
let repository: string
let digests: RolloutWorld['digests']
let worlds = 0

beforeAll(async () => {
  swarm = await startSwarm(workspace, 1)
  login = { username: swarm.registry.username, password: swarm.registry.password }
  repository = `${swarm.registry.host}/acme/rollout`
  const push = (version: string, config: object = {}) =>
    pushTiny({ image: `${repository}:${version}`, version, config, login })
  digests = {
    one: await push('one'),
    two: await push('two'),
    broken: await push('broken', {
      Healthcheck: { Test: ['CMD', '/bin/busybox', 'false'], Interval: 100_000_000, Retries: 1 },
    }),
  }
})
afterAll(async () => {
  await workspace.close()
  await swarm?.release()
})

rolloutContract('an orchestrator that is a swarm', async () => {
  const world = createFakeWorld()
  const name = `api-${++worlds}`
  const app: SwarmApp = {
    ...SWARM_APP,
    name,
    image: { repository, tag: 'one' },
    health: { ...SWARM_APP.health, deadlineMs: 120_000 },
    container: { ...SWARM_APP.container, stopGraceMs: 500 },
    watchMs: 2000,
  }
  const orchestrator = createSwarm({
    docker: swarm.docker,
    home: { network: NETWORK, installation: INSTALLATION },
    credentials: fixedLogin(login),
    registry: { platforms: async () => [] },
    clock: systemClock,
    isOurs: () => true,
  })
  const ports: DelegatedPorts<SwarmApp> = {
    ...world.ports,
    clock: systemClock,
    orchestrator,
    visitors: {
      show: async () => ({ warnings: [] }),
      arrive: async () => {},
      letIn: () => {},
      ask: async () => undefined,
    },
  }
  return {
    app,
    rollout: createDelegatedRollout(ports),
    books: ports,
    digests,
    accept({ id, digest }) {
      world.store.add({
        id,
        app: name,
        action: 'deploy',
        status: 'queued',
        image: { repository, digest },
        source: {},
        created_at: systemClock.now(),
        steps: [],
      })
    },
    async served() {
      const { image, updated, wanted, old } = await orchestrator.status(app)
      return updated < wanted || old > 0 ? undefined : image?.split('@')[1]
    },
    async meddle() {
      const containers = await swarm.docker.listContainers({
        filters: { label: [`com.docker.swarm.service.name=${NETWORK}-${name}`] },
      })
      for (const { Id } of containers) await swarm.docker.getContainer(Id).kill()
    },
    close: async () => void (await orchestrator.remove(name)),
  }
})
