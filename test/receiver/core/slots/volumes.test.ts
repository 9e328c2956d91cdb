import { describe, expect, test } from 'vitest'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import type { ReleasePlan } from '../../../../receiver/core/slots/ports.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import {
  APP,
  createFakeWorld,
  DIGEST,
  type FakeWorld,
  withRollouts,
} from '../../../support/fake-world.ts'

const forever = new AbortController().signal
const { strategy: _strategy, ...UNSAID } = APP
/** Docker's name of a volume that was given none. */
const NAMELESS = 'a'.repeat(64)

interface Order {
  id: string
  digest: string
  /** Makes it a rollback with these settings. */
  settingsOf?: string
}
const ONE = { id: 'dep_1', digest: DIGEST.one }
const TWO = { id: 'dep_2', digest: DIGEST.two }
const BACK = { id: 'dep_3', digest: DIGEST.one, settingsOf: 'dep_1' }

/** A world in which each image has these VOLUMEs. */
function worldOf(volumes: readonly string[], change: Partial<DockerApp> = {}) {
  const world = createFakeWorld()
  for (const digest of Object.values(DIGEST)) {
    world.facts.set(digest, { ports: [8000], volumes })
  }
  const app: DockerApp = { ...UNSAID, ...change }
  const deploy = async ({ id, digest, settingsOf }: Order, more: Partial<DockerApp> = {}) => {
    world.calls.length = 0
    const rollback = settingsOf === undefined ? {} : { action: 'rollback' as const, settingsOf }
    world.accept({ id, digest, ...rollback })
    await reconcile({ ...app, ...more }, world.ports, forever)
    const stored = world.store.get(id)
    if (stored === undefined) throw new Error(`${id} is not on record`)
    const messageOf = (name: string) =>
      world.store
        .events(id, 0)
        .flatMap(({ event }) =>
          event.type === 'step' && event.step === name && event.message !== undefined
            ? [event.message]
            : [],
        )
        .at(-1)
    return { ...stored.deployment, messageOf }
  }
  return { world, app, deploy }
}

/** What each container that stands has mounted, as `container: path in volume`. */
const mounted = ({ containers, plans }: FakeWorld) =>
  [...containers.keys()].flatMap((name) =>
    (plans.get(name)?.volumes ?? []).map(({ path, volume }) => `${name}: ${path} in ${volume}`),
  )
const running = ({ containers }: FakeWorld) =>
  [...containers.values()].filter((each) => each.running).map(({ name }) => name)

/** Has the live container be one of an older version, with its data in a volume without a name. */
const olden = ({ containers, plans }: FakeWorld, path = '/data', volume = NAMELESS) => {
  for (const [name, container] of containers) {
    container.anonymous = { [path]: volume }
    Object.assign(plans.get(name) ?? {}, { volumes: [] })
  }
}
/** Forgets what is kept where, as if there had been no such record. */
const forget = (world: FakeWorld) =>
  world.record.forgetVolumes('api', world.record.allVolumes('api'))

describe('an image’s VOLUME', () => {
  test('is kept over releases, redeploys and rollbacks in one volume, which the line names', async () => {
    const { world, deploy } = worldOf(['/data'])
    expect((await deploy(ONE)).messageOf('start')).toMatch(
      /^blue at [\d.]+:8000; \/data is kept in the volume api\/data-1$/,
    )
    expect(mounted(world)).toStrictEqual(['api-1-blue: /data in api/data-1'])
    await deploy(TWO)
    expect(mounted(world)).toStrictEqual(['api-2-green: /data in api/data-1'])
    await deploy(BACK)
    expect(mounted(world)).toStrictEqual(['api-3-blue: /data in api/data-1'])
    await deploy({ id: 'dep_4', digest: DIGEST.one })
    expect(mounted(world)).toStrictEqual(['api-4-green: /data in api/data-1'])
    expect([...world.volumes]).toStrictEqual(['api/data-1'])
  })

  test('is written by one container at a time: the old one stops first, and visitors wait', async () => {
    const { world, deploy } = worldOf(['/data'])
    await deploy(ONE)
    let most = 0
    world.clock.during = () => (most = Math.max(most, running(world).length))
    expect(await deploy(TWO)).toMatchObject({ status: 'succeeded' })
    expect(world.calls).toStrictEqual([
      'pull 2222',
      'pause api',
      'stop api-1-blue',
      'start api-2-green',
      'flag green',
      'unpause api',
      'remove api-1-blue',
    ])
    expect(most).toBe(1)
  })

  test('goes with the old one that is started again when the new one fails', async () => {
    const { world, deploy } = worldOf(['/data'])
    await deploy(ONE)
    world.answers.set(DIGEST.two, () => ({ status: 500, body: '' }))
    expect(await deploy(TWO)).toMatchObject({ status: 'failed', error: { code: 'unhealthy' } })
    expect(world.calls.slice(-3)).toStrictEqual([
      'remove api-2-green',
      'startAgain api-1-blue',
      'unpause api',
    ])
    expect(mounted(world)).toStrictEqual(['api-1-blue: /data in api/data-1'])
  })

  test('is shared by two that run at once when the config says strategy: blue-green', async () => {
    const { world, deploy } = worldOf(['/data'], { strategy: 'blue-green' })
    await deploy(ONE)
    await deploy(TWO)
    expect(world.calls).toStrictEqual([
      'pull 2222',
      'start api-2-green',
      'flag green',
      'stop api-1-blue',
      'remove api-1-blue',
    ])
    expect(mounted(world)).toStrictEqual(['api-2-green: /data in api/data-1'])
  })

  test('is one volume for each path and replica, and stays one when their number changes', async () => {
    const { world, deploy } = worldOf(['/data', '/cache'], { replicas: 2 })
    expect((await deploy(ONE)).messageOf('start')).toContain(
      '; /cache is kept in the volume api/cache-1, api/cache-2; /data is kept in the volume api/data-1, api/data-2',
    )
    expect(mounted(world)).toStrictEqual([
      'api-1-blue: /cache in api/cache-1',
      'api-1-blue: /data in api/data-1',
      'api-1-blue-2: /cache in api/cache-2',
      'api-1-blue-2: /data in api/data-2',
    ])
    await deploy(TWO, { replicas: 1 })
    expect(mounted(world)).toHaveLength(2)
    await deploy({ id: 'dep_3', digest: DIGEST.one })
    expect(mounted(world)).toContain('api-3-blue-2: /data in api/data-2')
  })

  test.for<[string, Partial<DockerApp['container']>]>([
    ['volumes', { volumes: ['api-data:/data'] }],
    ['volumes, written with a slash', { volumes: ['/srv/api:/data/:ro'] }],
    ['tmpfs', { tmpfs: { '/data': '' } }],
  ])('that is covered by %s is left to that, and nobody waits', async ([, covered]) => {
    const { world, deploy } = worldOf(['/data'], { container: { ...APP.container, ...covered } })
    expect((await deploy(ONE)).messageOf('start')).not.toContain('kept')
    await deploy(TWO)
    expect(world.calls).not.toContain('pause api')
    expect(mounted(world)).toStrictEqual([])
    expect(world.ports.record.volumes('api')).toStrictEqual([])
  })

  test('that is above or below what volumes covers is kept', async () => {
    const container = { ...APP.container, volumes: ['api-data:/data/sub', 'more:/srv'] }
    const { world, deploy } = worldOf(['/data', '/srv/x'], { container })
    await deploy(ONE)
    expect(mounted(world)).toStrictEqual([
      'api-1-blue: /data in api/data-1',
      'api-1-blue: /srv/x in api/srv/x-1',
    ])
  })

  test('is as what volumes has without a name, which Compose carries over, too', async () => {
    const container = { ...APP.container, anonymousVolumes: ['/data/', '/cache'] }
    const { world, deploy } = worldOf(['/data'], { container })
    await deploy(ONE)
    await deploy(TWO)
    expect(mounted(world)).toStrictEqual([
      'api-2-green: /cache in api/cache-1',
      'api-2-green: /data in api/data-1',
    ])
  })

  test('that a release has no longer makes nobody wait, and is there again after a rollback', async () => {
    const { world, deploy } = worldOf(['/data'])
    world.facts.set(DIGEST.two, { ports: [8000], volumes: [] })
    world.facts.set(DIGEST.three, { ports: [8000], volumes: [] })
    await deploy(ONE)
    await deploy(TWO)
    await deploy({ id: 'dep_x', digest: DIGEST.three })
    expect(world.calls).not.toContain('pause api')
    expect(mounted(world)).toStrictEqual([])
    await deploy({ ...BACK, id: 'dep_4' })
    expect(mounted(world)).toStrictEqual(['api-4-green: /data in api/data-1'])
  })

  test('is had by the release command, too', async () => {
    const { world, deploy } = worldOf(['/data'], {
      replicas: 2,
      release: { command: ['migrate'], timeoutMs: 1000 },
    })
    const plans: ReleasePlan[] = []
    const { runOnce } = world.ports.engine
    world.ports.engine.runOnce = (plan, options) => {
      plans.push(plan)
      return runOnce(plan, options)
    }
    await deploy(ONE)
    expect(plans.map(({ volumes }) => volumes)).toStrictEqual([
      [{ path: '/data', replica: 1, volume: 'api/data-1' }],
    ])
  })

  test('is had by a live container that has to be made anew', async () => {
    const { world, app, deploy } = worldOf(['/data'])
    await deploy(ONE)
    world.containers.clear()
    await reconcile(app, world.ports, forever)
    expect(mounted(world)).toStrictEqual(['api-1-blue: /data in api/data-1'])
  })

  test('refuses warm before anything is touched, unless two may have it at once', async () => {
    const { world, deploy } = worldOf(['/data', '/logs'], { warmMs: 60_000 })
    const { error, steps } = await deploy(ONE)
    expect(error).toMatchObject({
      code: 'warm_refused',
      message: expect.stringContaining('the image keeps data in /data, /logs (VOLUME)'),
      hint: expect.stringContaining('apps.api.warm'),
    })
    expect(steps.at(-1)?.name).toBe('pull')
    expect(world.containers.size).toBe(0)
    const shared = { strategy: 'blue-green' } as const
    expect(await deploy({ id: 'dep_2', digest: DIGEST.one }, shared)).toMatchObject({
      status: 'succeeded',
    })
    await deploy({ id: 'dep_3', digest: DIGEST.two }, shared)
    expect(running(world)).toStrictEqual(['api-2-blue', 'api-3-green'])
  })
})

describe('the data of a container that an older version made', () => {
  async function older(change: Partial<DockerApp> = {}) {
    const made = worldOf(['/data'], change)
    await made.deploy(ONE)
    forget(made.world)
    olden(made.world)
    return made
  }

  test('is taken over: releases after it have that volume', async () => {
    const { world, deploy } = await older()
    expect((await deploy(TWO)).messageOf('start')).toContain(
      `/data is kept in the volume ${NAMELESS}`,
    )
    expect(mounted(world)).toStrictEqual([`api-2-green: /data in ${NAMELESS}`])
    await deploy(BACK)
    expect(mounted(world)).toStrictEqual([`api-3-blue: /data in ${NAMELESS}`])
  })

  test('is taken over by the first of them that fails, and is still the old one’s', async () => {
    const { world, deploy } = await older()
    world.answers.set(DIGEST.two, () => ({ status: 500, body: '' }))
    await deploy(TWO)
    expect(running(world)).toStrictEqual(['api-1-blue'])
    world.answers.clear()
    await deploy({ id: 'dep_3', digest: DIGEST.two })
    expect(mounted(world)).toStrictEqual([`api-3-green: /data in ${NAMELESS}`])
  })

  test('is kept for a rollback also when the next release has no such VOLUME', async () => {
    const { world, deploy } = await older()
    world.facts.set(DIGEST.two, { ports: [8000], volumes: [] })
    await deploy(TWO)
    await deploy(BACK)
    expect(mounted(world)).toStrictEqual([`api-3-blue: /data in ${NAMELESS}`])
  })

  test('is kept also when somebody removes the container before the next deployment', async () => {
    const { world, app } = await older()
    await reconcile(app, world.ports, forever)
    world.containers.clear()
    await reconcile(app, world.ports, forever)
    expect(mounted(world)).toStrictEqual([`api-1-blue: /data in ${NAMELESS}`])
  })

  test('is each replica’s own', async () => {
    const { world, deploy } = await older({ replicas: 2 })
    const second = world.containers.get('api-1-blue-2')
    if (second !== undefined) second.anonymous = { '/data': 'b'.repeat(64) }
    await deploy(TWO)
    expect(mounted(world)).toStrictEqual([
      `api-2-green: /data in ${NAMELESS}`,
      `api-2-green-2: /data in ${'b'.repeat(64)}`,
    ])
  })

  test('is not gone back behind by a warm container that has another volume', async () => {
    const { world, deploy } = worldOf(['/data'], { strategy: 'blue-green', warmMs: 60_000 })
    await deploy(ONE)
    await deploy(TWO)
    const warm = world.containers.get('api-1-blue')
    if (warm !== undefined) warm.anonymous = { '/data': 'b'.repeat(64) }
    await deploy(BACK)
    expect(mounted(world)).toContain('api-3-blue: /data in api/data-1')
  })
})

test('a receiver that dies at any write of an update goes on with that volume, and with one container at a time', async () => {
  let writes = 0
  for (let died = true; died; writes++) {
    const { world, app, deploy } = worldOf(['/data'])
    await deploy(ONE)
    let most = 0
    world.clock.during = () => (most = Math.max(most, running(world).length))
    world.accept(TWO)
    const killed = new AbortController()
    let count = 0
    const journal: typeof world.ports.journal = {
      ...world.store,
      append(...event) {
        const after = world.store.append(...event)
        if (++count === writes + 1) killed.abort(new Error('killed'))
        killed.signal.throwIfAborted()
        return after
      },
    }
    await reconcile(app, withRollouts({ ...world.ports, journal }), killed.signal).catch(() => {})
    died = killed.signal.aborted
    await reconcile(app, world.ports, forever)
    expect(mounted(world)).toStrictEqual(['api-2-green: /data in api/data-1'])
    expect(world.flag).toStrictEqual({ live: 'green', paused: false })
    expect(most).toBeLessThanOrEqual(1)
  }
  expect(writes).toBeGreaterThan(15)
})
