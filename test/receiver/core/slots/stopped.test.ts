import { beforeEach, describe, expect, test } from 'vitest'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { isToRepair } from '../../../../receiver/core/slots/container-events.ts'
import { startApp, stopApp } from '../../../../receiver/core/slots/operate.ts'
import { repair } from '../../../../receiver/core/slots/repair.ts'
import { markStarting, markStopped } from '../../../../receiver/core/slots/stopped.ts'
import { APP, createFakeWorld, DIGEST, type FakeWorld } from '../../../support/fake-world.ts'

const forever = new AbortController().signal
let world: FakeWorld
const deploy = async (id: string, digest: string, app: DockerApp = APP) => {
  world.accept({ id, digest })
  await reconcile(app, world.ports, forever)
  return world.store.get(id)?.deployment
}
const look = (app: DockerApp = APP) => repair(app, world.ports, forever)
const standing = () =>
  [...world.containers.values()].map(({ name, running }) => (running ? name : `(${name})`))
const isDown = () => world.flag.maintenance ?? false

beforeEach(async () => {
  world = createFakeWorld()
  await deploy('dep_1', DIGEST.one)
})

describe('an app that was stopped', () => {
  beforeEach(async () => {
    markStopped(APP, world.ports)
    expect(isDown()).toBe(true)
    await look()
  })

  test('does not run, whatever Docker or a receiver that starts does', async () => {
    expect(standing()).toEqual(['(api-1-blue)'])
    Object.assign(world.containers.get('api-1-blue') ?? {}, { running: true, pid: 7 })
    world.flag.maintenance = false
    world.calls.length = 0
    await look()
    expect([standing(), isDown(), world.calls]).toEqual([
      ['(api-1-blue)'],
      true,
      ['stop api-1-blue'],
    ])
    world.containers.clear()
    await look()
    expect(standing()).toEqual([])
    const event = { app: 'api', generation: 1, kind: 'stopped' } as const
    expect(isToRepair(event, world.ports)).toBe(false)
    expect(world.reports).toEqual([])
  })

  test('runs again when it is started, and only then visitors are let in', async () => {
    const seen: boolean[] = []
    world.answers.set(DIGEST.one, () => {
      seen.push(isDown())
      return { status: seen.length < 3 ? 503 : 200, body: '' }
    })
    markStarting('api', world.ports)
    await look()
    expect([standing(), isDown()]).toEqual([['api-1-blue'], false])
    expect(seen).toEqual([true, true, true])
    expect(world.ports.record.stopped('api')).toBeUndefined()
  })

  test('may be stopped while it starts, and is', async () => {
    markStarting('api', world.ports)
    markStopped(APP, world.ports)
    await look()
    expect([standing(), isDown()]).toEqual([['(api-1-blue)'], true])
  })

  test('is started by a deployment, when that is live', async () => {
    world.ports.slots.makeLive = (_app, slot) => {
      expect(isDown()).toBe(true)
      world.flag.live = slot
    }
    expect(await deploy('dep_2', DIGEST.two)).toMatchObject({ status: 'succeeded' })
    expect([standing(), isDown()]).toEqual([['api-2-green'], false])
  })

  test.for(['blue-green', 'recreate'] as const)(
    'stays so when a deployment fails: %s',
    async (strategy) => {
      world.answers.set(DIGEST.two, () => ({ status: 500, body: '' }))
      const failed = await deploy('dep_2', DIGEST.two, { ...APP, strategy })
      expect(failed).toMatchObject({ status: 'failed' })
      expect([standing(), isDown()]).toEqual([['(api-1-blue)'], true])
    },
  )
})

test('who had maintenance before has it afterwards, too', async () => {
  world.flag.maintenance = true
  markStopped(APP, world.ports)
  markStopped(APP, world.ports)
  markStarting('api', world.ports)
  await look()
  expect([standing(), isDown()]).toEqual([['api-1-blue'], true])
})

test('a worker has no visitors to tell', async () => {
  markStopped({ ...APP, http: false }, world.ports)
  await look({ ...APP, http: false })
  expect([standing(), world.flag.maintenance]).toEqual([['(api-1-blue)'], undefined])
})

test('stop and start are done when it is so, and say when it does not come', async () => {
  let looking: Promise<unknown> = Promise.resolve()
  const ports = { ...world.ports, wake: () => void (looking = look()) }
  await stopApp(APP, ports, forever)
  expect(standing()).toEqual(['(api-1-blue)'])
  await startApp(APP, ports, forever)
  expect([standing(), isDown()]).toEqual([['api-1-blue'], false])
  await looking
  await expect(stopApp(APP, { ...ports, wake: () => {} }, forever)).rejects.toMatchObject({
    code: 'timed_out',
    hint: expect.any(String),
  })
})
