import { describe, expect, test } from 'vitest'
import { planAdoption, type Witnesses } from '../../../../receiver/core/slots/adoption.ts'
import type { Standing } from '../../../../receiver/core/slots/ownership.ts'
import type { Slot } from '../../../../receiver/core/slots/container.ts'
import { DIGEST } from '../../../support/fake-world.ts'

const standing = (generation: number, slot: Slot, change: Partial<Standing> = {}): Standing => ({
  name: `deploy-api-${generation}-${slot}`,
  app: 'api',
  generation,
  slot,
  replica: 1,
  digest: DIGEST.one,
  address: slot === 'blue' ? '10.213.0.10' : '10.213.0.11',
  port: 8000,
  running: true,
  deployment: `dep_${generation}`,
  createdAt: '2026-01-01T00:00:00.000Z',
  volumes: {},
  ...change,
})
const plan = (containers: Standing[], { asked, flag }: { asked?: Slot; flag?: Slot } = {}) => {
  const witnesses: Witnesses = { asked: () => asked, flag: () => flag }
  return planAdoption(containers, witnesses).map(({ app, slot, because, live, others }) => ({
    app,
    slot,
    because,
    live: live.deployment,
    others: others.map(({ deployment }) => deployment),
  }))
}

describe('the live slot', () => {
  test('is that of the flag, though the other one is newer', () => {
    expect(plan([standing(4, 'blue'), standing(3, 'green')], { flag: 'green' })).toStrictEqual([
      { app: 'api', slot: 'green', because: 'its flag says so', live: 'dep_3', others: ['dep_4'] },
    ])
  })

  test('is the one that the administrator names, whatever else says', () => {
    const both = [standing(4, 'blue'), standing(3, 'green')]
    expect(plan(both, { asked: 'blue', flag: 'green' })).toMatchObject([
      { slot: 'blue', because: 'as asked', live: 'dep_4' },
    ])
  })

  test('without a flag is the only one that runs', () => {
    const still = standing(4, 'blue', { running: false })
    expect(plan([still, standing(3, 'green')])).toMatchObject([
      { slot: 'green', because: 'only that one runs', live: 'dep_3', others: ['dep_4'] },
    ])
    expect(plan([still])).toMatchObject([{ slot: 'blue', because: 'only that one is there' }])
  })

  test('is not that of a flag when nothing stands there', () => {
    expect(plan([standing(3, 'green')], { flag: 'blue' })).toMatchObject([
      { slot: 'green', because: 'only that one runs' },
    ])
  })

  test('is not guessed when both run and no flag is there: both are shown, and how to say which', () => {
    expect(() => plan([standing(4, 'blue'), standing(3, 'green')])).toThrow(
      expect.objectContaining({
        code: 'not_ours',
        message: expect.stringMatching(
          /green has deploy-api-3-green .*; blue has deploy-api-4-blue /,
        ),
        hint: expect.stringContaining('deploy-receiver adopt --slot api=blue'),
      }),
    )
  })

  test('cannot be one in which nothing stands', () => {
    expect(() => plan([standing(3, 'green')], { asked: 'blue' })).toThrow(
      'no container of api stands in blue',
    )
  })
})

test('of two releases in the live slot the one that runs is live, else the newer one', () => {
  const [old, failed] = [standing(3, 'blue'), standing(4, 'blue', { running: false })]
  expect(plan([failed, old])).toMatchObject([{ live: 'dep_3', others: ['dep_4'] }])
  expect(plan([standing(3, 'blue', { running: false }), failed])).toMatchObject([{ live: 'dep_4' }])
})

test('replicas are one release, and apps are each their own', () => {
  const web = { app: 'web', name: 'deploy-web-5-blue', deployment: 'dep_5' }
  const all = [standing(5, 'blue', web), standing(3, 'green', { replica: 2 }), standing(3, 'green')]
  const [api, other] = planAdoption(all, { asked: () => undefined, flag: () => undefined })
  expect(api?.live.containers.map(({ replica }) => replica)).toStrictEqual([1, 2])
  expect(other).toMatchObject({ app: 'web', slot: 'blue' })
})
