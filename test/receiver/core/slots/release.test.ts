import { expect, test } from 'vitest'
import type { AppSpec } from '../../../../receiver/core/app.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { APP, createFakeWorld, DIGEST, withRollouts } from '../../../support/fake-world.ts'

const forever = new AbortController().signal
const WITH_RELEASE: AppSpec = { ...APP, release: { command: ['migrate'], timeoutMs: 60_000 } }

/** A world in which this is the next to be deployed. */
function worldWith(id: string) {
  const world = createFakeWorld()
  world.accept({ id, digest: DIGEST.one })
  return world
}

test('a receiver that dies between the end of a release command and its record does not run it again', async () => {
  const world = worldWith('dep_1')
  const killed = new AbortController()
  const journal: typeof world.ports.journal = {
    ...world.store,
    append(id, event, options) {
      const isRecord = event.type === 'step' && event.step === 'release'
      if (isRecord && event.status !== 'running') killed.abort(new Error('killed'))
      killed.signal.throwIfAborted()
      return world.store.append(id, event, options)
    },
  }
  const dies = reconcile(WITH_RELEASE, withRollouts({ ...world.ports, journal }), killed.signal)
  await expect(dies).rejects.toThrow('killed')
  await reconcile(WITH_RELEASE, world.ports, forever)
  expect(world.store.get('dep_1')?.deployment.status).toBe('succeeded')
  expect(world.releases.started).toBe(1)
  expect(world.releases.standing()).toStrictEqual([])
})

test('nothing is left of a release command that failed', async () => {
  const world = worldWith('dep_1')
  Object.assign(world.releases, { exitCode: 1, lines: ['no table'] })
  await reconcile(WITH_RELEASE, world.ports, forever)
  expect(world.store.get('dep_1')?.deployment).toMatchObject({
    status: 'failed',
    error: { code: 'release_failed', log: ['no table'] },
  })
  expect(world.releases.standing()).toStrictEqual([])
})

test('one that nobody waits for any more is removed when the app is looked after', async () => {
  const world = worldWith('dep_1')
  const image = { repository: APP.image.repository, digest: DIGEST.one }
  await world.ports.images.pull(image, { progress: () => {}, signal: forever })
  await reconcile(APP, world.ports, forever)
  const plan = {
    app: APP,
    generation: 7,
    ...image,
    command: ['migrate'],
    timeoutMs: 1,
    volumes: [],
  }
  await world.ports.engine.runOnce(plan, { output: () => {}, signal: forever })
  expect(world.releases.standing()).toStrictEqual([7])
  await reconcile(APP, world.ports, forever)
  expect(world.releases.standing()).toStrictEqual([])
})
