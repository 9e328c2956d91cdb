import { expect, test } from 'vitest'
import type { AppSpec } from '../../../../receiver/core/app.ts'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { reconcile } from '../../../../receiver/core/reconcile.ts'
import { repair } from '../../../../receiver/core/slots/repair.ts'
import { APP, createFakeWorld, DIGEST } from '../../../support/fake-world.ts'

const forever = new AbortController().signal
const LOG = ['listening', 'oh no']

function open(app: AppSpec = APP) {
  const world = createFakeWorld()
  return {
    world,
    async deploy(id: string, digest: string, answer?: number) {
      if (answer !== undefined) world.answers.set(digest, () => ({ status: answer, body: '' }))
      world.accept({ id, digest })
      await reconcile(app, world.ports, forever)
      return world.store.get(id)?.deployment.status
    },
    kept: (generation: number) =>
      world.ports.keptLogs
        .read({ app: 'api', generation })
        .map(({ replica, lines }) => ({ replica, lines: lines.map(({ text }) => text) })),
    generations: () => world.ports.keptLogs.generations('api'),
  }
}

test('what a replaced deployment printed is kept, of each replica', async () => {
  const { deploy, kept } = open({ ...APP, replicas: 2 })
  await deploy('dep_1', DIGEST.one)
  expect(kept(1)).toEqual([])
  await deploy('dep_2', DIGEST.two)
  expect(kept(1)).toEqual([
    { replica: 1, lines: LOG },
    { replica: 2, lines: LOG },
  ])
})

test('what a failed deployment printed is kept, and so is what repair removes', async () => {
  const { world, deploy, kept } = open()
  await deploy('dep_1', DIGEST.one)
  expect(await deploy('dep_2', DIGEST.two, 500)).toBe('failed')
  expect(kept(2)).toEqual([{ replica: 1, lines: LOG }])
  const [standing] = world.containers.values()
  world.ports.keptLogs.remove('api', [2])
  world.containers.set('api-2-green', {
    ...(standing as NonNullable<typeof standing>),
    name: 'api-2-green',
    generation: 2,
    slot: 'green',
  })
  await repair(APP, world.ports, forever)
  expect(kept(2)).toEqual([{ replica: 1, lines: LOG }])
})

test('one log is kept of each digest that is, and of as many deployments that failed', async () => {
  const { deploy, generations } = open({ ...APP, keep: 2 })
  const digests = [DIGEST.one, DIGEST.one, DIGEST.two, DIGEST.two]
  for (const [at, digest] of digests.entries()) await deploy(`dep_${at + 1}`, digest)
  // the last of each digest that is replaced
  expect(generations()).toEqual([3, 2])
  for (const at of [5, 6, 7]) await deploy(`dep_${at}`, DIGEST.three, 500)
  expect(generations()).toEqual([7, 6, 3, 2])
  await deploy('dep_8', `sha256:${'4'.repeat(64)}`)
  // the digest of 2 is not kept any more
  expect(generations()).toEqual([7, 6, 4])
})

test('of a long log the end is kept, of lines and of characters', async () => {
  const { world, deploy, kept } = open()
  const asked: (number | undefined)[] = []
  const printing = (lines: readonly string[]) => {
    world.ports.engine.lines = async function* (_name, { tail }) {
      asked.push(tail)
      for (const text of lines) yield { at: '2026-01-01T00:00:00.000000000Z', text }
    }
  }
  await deploy('dep_1', DIGEST.one)
  printing(Array.from({ length: 6000 }, (_, at) => String(at)))
  await deploy('dep_2', DIGEST.two)
  expect(kept(1)[0]?.lines).toHaveLength(5000)
  expect(kept(1)[0]?.lines.at(-1)).toBe('5999')
  printing(Array.from({ length: 1000 }, (_, at) => `${at} ${'x'.repeat(4000)}`))
  await deploy('dep_3', DIGEST.three)
  const lines = kept(2)[0]?.lines ?? []
  expect(lines.at(-1)).toMatch(/^999 /)
  expect(lines.join('').length).toBeLessThanOrEqual(1024 * 1024)
  expect(lines.join('').length).toBeGreaterThan(1000 * 1024)
  expect(asked).toEqual([5000, 5000])
})

test.for([
  ['cannot be read', 'lines'],
  ['cannot be kept', 'keep'],
] as const)('that a log %s is a warning, and fails nothing', async ([, what]) => {
  const { world, deploy, kept } = open()
  await deploy('dep_1', DIGEST.one)
  const fail = () => {
    throw new DeployError('store_failed', 'database or disk is full')
  }
  if (what === 'lines') world.ports.engine.lines = fail
  else world.ports.keptLogs.keep = fail
  expect(await deploy('dep_2', DIGEST.two)).toBe('succeeded')
  expect([...world.containers.keys()]).toEqual(['api-2-green'])
  expect(kept(1)).toEqual([])
  expect(world.reports).toStrictEqual([
    expect.stringMatching(/^the log of a container is not kept .*api-1-blue/),
  ])
})

test('a log that does not come holds nothing up for long', async () => {
  const { world, deploy } = open()
  await deploy('dep_1', DIGEST.one)
  world.ports.engine.lines = async function* (_name, { signal }) {
    // the clock jumps
    await world.clock.sleep(16_000, signal)
    yield { at: '', text: 'too late' }
  }
  expect(await deploy('dep_2', DIGEST.two)).toBe('succeeded')
  expect(world.reports).toStrictEqual([expect.stringContaining('is not kept')])
})
