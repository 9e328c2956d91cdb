import { createSlotsRollout } from '../../receiver/core/slots/rollout.ts'
import { createDelegatedWorld } from '../support/delegated-world.ts'
import { APP, createFakeWorld, DIGEST } from '../support/fake-world.ts'
import { createFakeRollout } from '../support/fakes/rollout.ts'
import { SWARM_APP } from '../support/swarm-app.ts'
import { rolloutContract } from './rollout.ts'

const DIGESTS = { one: DIGEST.one, two: DIGEST.two, broken: DIGEST.three }

rolloutContract('an engine of other steps, in memory', async () => {
  const world = createFakeWorld()
  const { rollout, running } = createFakeRollout({
    journal: world.store,
    comesUp: (digest) => digest !== DIGESTS.broken,
  })
  return {
    app: APP,
    rollout,
    books: world.ports,
    digests: DIGESTS,
    accept: world.accept,
    async served() {
      const { generation, isUp = false } = running.get(APP.name) ?? {}
      if (!isUp || generation === undefined) return undefined
      return world.store.find(APP.name, generation)?.deployment.image.digest
    },
    meddle: async () => void running.delete(APP.name),
    close: async () => {},
  }
})

rolloutContract('two slots on a fake engine', async () => {
  const world = createFakeWorld()
  world.answers.set(DIGESTS.broken, () => ({ status: 500, body: 'boom' }))
  return {
    app: APP,
    rollout: createSlotsRollout(world.ports),
    books: world.ports,
    digests: DIGESTS,
    accept: world.accept,
    async served() {
      const standing = [...world.containers.values()]
      return standing.find(({ slot, running }) => running && slot === world.flag.live)?.digest
    },
    async meddle() {
      for (const container of world.containers.values()) container.running = false
    },
    close: async () => {},
  }
})

rolloutContract('an orchestrator in memory', async () => {
  const { world, fake, rollout } = createDelegatedWorld()
  fake.fates.set(DIGESTS.broken, { kind: 'crashes', afterMs: 0 })
  return {
    app: SWARM_APP,
    rollout,
    books: world.ports,
    digests: DIGESTS,
    accept: world.accept,
    async served() {
      await world.clock.sleep(1000, new AbortController().signal)
      const { image, updated, wanted, old } = await fake.orchestrator.status(SWARM_APP)
      return updated < wanted || old > 0 ? undefined : image?.split('@')[1]
    },
    meddle: async () => fake.end(SWARM_APP.name),
    close: async () => {},
  }
})
