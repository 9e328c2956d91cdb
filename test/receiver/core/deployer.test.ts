import { beforeEach, expect, test } from 'vitest'
import type { AppSpec } from '../../../receiver/core/app.ts'
import { createDeployer, type Deployer } from '../../../receiver/core/deployer.ts'
import { DeployError } from '../../../receiver/core/errors.ts'
import { reconcile } from '../../../receiver/core/reconcile.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../support/fake-world.ts'

/** Nothing here takes time but the machine. */
const PATIENTLY = { timeout: 60_000 }

let world: FakeWorld
beforeEach(async () => {
  world = createFakeWorld()
  world.accept({ id: 'dep_1', digest: DIGEST.one })
  await reconcile(APP, world.ports, new AbortController().signal)
  world.calls.length = 0
})

const statusOf = (id: string) => world.store.get(id)?.deployment.status
const hasEnded = (id: string) =>
  expect.poll(() => statusOf(id), PATIENTLY).toMatch(/succeeded|failed/)

/** Does this with a deployer, which is stopped afterwards. */
async function withDeployer(work: (deployer: Deployer) => Promise<void>, app: AppSpec = APP) {
  const deployer = createDeployer(() => app, world.ports)
  try {
    await work(deployer)
  } finally {
    await deployer.stop()
  }
}

test('at start-up what is live is put right before the deployment that waits', async () => {
  Object.assign(world.containers.get('api-1-blue') ?? {}, { running: false })
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await withDeployer(async (deployer) => {
    deployer.wake()
    await hasEnded('dep_2')
  })
  // a pull may take minutes: users come first
  expect(world.calls.slice(0, 2)).toStrictEqual(['start api-1-blue', 'pull 2222'])
})

test('at start-up what stands is looked at once, if no deployment waits', async () => {
  const { docker } = world.ports.rollouts
  let looks = 0
  const repair: typeof docker.repair = async (...asked) => {
    looks += 1
    return docker.repair(...asked)
  }
  world.ports.rollouts = { ...world.ports.rollouts, docker: { ...docker, repair } }
  Object.assign(world.containers.get('api-1-blue') ?? {}, { running: false })
  await withDeployer(async (deployer) => {
    deployer.wake()
    await expect.poll(() => world.calls, PATIENTLY).toContain('start api-1-blue')
  })
  expect(looks).toBe(1)
})

test('what is put right at start-up and fails does not hold up the deployment', async () => {
  Object.assign(world.containers.get('api-1-blue') ?? {}, { running: false })
  world.failures.set('start', new Error('Docker does not answer'))
  const { report } = world.ports
  world.ports.report = (...about) => {
    report(...about)
    world.failures.clear()
  }
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await withDeployer(async (deployer) => {
    deployer.wake()
    await hasEnded('dep_2')
  })
  expect(statusOf('dep_2')).toBe('succeeded')
})

test('a deployment accepted while another runs is done without being asked again', async () => {
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await withDeployer(async (deployer) => {
    let accepted = false
    world.clock.during = () => {
      if (accepted) return
      accepted = true
      world.accept({ id: 'dep_3', digest: DIGEST.three })
      deployer.wake()
    }
    deployer.wake()
    await hasEnded('dep_3')
  })
  expect([statusOf('dep_2'), statusOf('dep_3')]).toStrictEqual(['succeeded', 'succeeded'])
})

test('however often it is woken, one runs at a time', async () => {
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await withDeployer(async (deployer) => {
    for (let times = 0; times < 5; times++) deployer.wake()
    await hasEnded('dep_2')
  })
  expect(world.calls.filter((call) => call.startsWith('start'))).toStrictEqual([
    'start api-2-green',
  ])
})

test('a store that cannot be written is tried again in five seconds, until it can', async () => {
  const slept: number[] = []
  world.clock.during = () => slept.push(world.clock.ms())
  const began = world.clock.ms()
  let failures = 3
  const { journal } = world.ports
  world.ports.journal = {
    ...journal,
    append(...event) {
      if (failures-- > 0) throw new DeployError('store_failed', 'the disk is full')
      return journal.append(...event)
    },
  }
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await withDeployer(async (deployer) => {
    deployer.wake()
    await hasEnded('dep_2')
  })
  expect(statusOf('dep_2')).toBe('succeeded')
  expect(slept.slice(0, 3).map((at) => at - began)).toStrictEqual([5000, 10_000, 15_000])
  expect(world.reports.filter((line) => line.includes('the app cannot be worked on'))).toHaveLength(
    3,
  )
})

test('tidying up removes images that are not kept', async () => {
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  await withDeployer(async (deployer) => {
    deployer.wake()
    await hasEnded('dep_2')
  })
  world.calls.length = 0
  await withDeployer(
    async (deployer) => {
      deployer.tidy()
      await expect.poll(() => world.calls, PATIENTLY).toContain('removeImage 1111')
    },
    { ...APP, keep: 1 },
  )
})

test('one that was stopped begins nothing any more', async () => {
  const deployer = createDeployer(() => APP, world.ports)
  await deployer.stop()
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  deployer.wake()
  await deployer.stop()
  expect(statusOf('dep_2')).toBe('queued')
})

test('one that is stopped in the middle leaves the deployment for the next start', async () => {
  world.accept({ id: 'dep_2', digest: DIGEST.two })
  const first = createDeployer(() => APP, world.ports)
  const stopped = new Promise<void>((resolve) => {
    world.clock.during = () => {
      world.clock.during = () => {}
      resolve(first.stop())
    }
  })
  first.wake()
  await stopped
  expect(statusOf('dep_2')).toBe('running')
  await withDeployer(async (deployer) => {
    deployer.wake()
    await hasEnded('dep_2')
  })
  expect(statusOf('dep_2')).toBe('succeeded')
})
