import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Slot } from '../../receiver/core/slots/container.ts'
import type { SlotRecord } from '../../receiver/core/slots/ports.ts'
import { APP, DIGEST } from '../support/fake-world.ts'
import type { JournalUnderTest } from './journal.ts'
import { TIME_LIMIT_MS } from './time-limit.ts'

/** How many containers its subnet has room for. */
const ROOM = 8
/** Lower half of it: 10.213.7.8 to 10.213.7.15. */
export const SMALL_SUBNET = '10.213.7.0/27'

/** What is promised of where slots are, on `SMALL_SUBNET`. Each step is followed by a restart. */
export function slotRecordContract(name: string, open: () => JournalUnderTest): void {
  describe(`slot record: ${name}`, { timeout: TIME_LIMIT_MS }, () => {
    let it: JournalUnderTest
    beforeEach(() => {
      it = open()
    })
    afterEach(() => it.close())

    const kept = (): SlotRecord => {
      it = it.reopen()
      return it.record
    }
    const address = (app: string, slot: Slot, replica = 1) => kept().address(app, slot, replica)
    const FIRST = { port: 8000, replicas: 1 }

    describe('an address', () => {
      test('is fixed: whoever asks again gets the same', () => {
        const first = address('api', 'blue')
        address('api', 'green')
        expect(address('api', 'blue')).toBe(first)
      })

      test('is one container’s alone, over slots, replicas and apps', () => {
        const all = [
          address('api', 'blue'),
          address('api', 'green'),
          address('api', 'blue', 2),
          address('web', 'blue'),
        ]
        expect(new Set(all).size).toBe(all.length)
      })

      test('lies in the lower half of the subnet, where Docker gives none of its own', () => {
        expect(address('api', 'blue')).toMatch(/^10\.213\.7\.(?:[89]|1[0-5])$/)
      })

      test('is refused when there is none left, and what there is stays', () => {
        const given = Array.from({ length: ROOM }, (_, at) => address(`app-${at}`, 'blue'))
        expect(new Set(given).size).toBe(ROOM)
        expect(() => address('one-more', 'blue')).toThrow('no address is left in 10.213.7.0/27')
        expect(address('app-0', 'blue')).toBe(given[0])
      })

      test('of a replica that there is no longer becomes free, and no other one', () => {
        const given = [1, 2, 3].map((replica) => address('api', 'blue', replica))
        const green = [1, 2].map((replica) => address('api', 'green', replica))
        kept().setUpstream('api', 'blue', FIRST)
        const taken = [1, 2, 3, 4, 5].map((replica) => address('web', 'blue', replica))
        expect(taken).toEqual(expect.arrayContaining(given.slice(1)))
        expect(address('api', 'blue')).toBe(given[0])
        expect([1, 2].map((replica) => address('api', 'green', replica))).toEqual(green)
      })
    })

    describe('upstreams', () => {
      const TWO = { port: 9000, replicas: 2 }
      const upstreams = () => kept().upstreams('api', FIRST)

      test('are the given one at first, and asking keeps nothing', () => {
        expect(upstreams()).toEqual({ blue: FIRST, green: FIRST })
        expect(kept().upstreams('api', TWO)).toEqual({ blue: TWO, green: TWO })
      })

      test.for(['blue', 'green'] as const)('of %s alone are those of both', (slot) => {
        kept().setUpstream('api', slot, TWO)
        expect(upstreams()).toEqual({ blue: TWO, green: TWO })
      })

      test('are each slot’s own, as they were set last', () => {
        kept().setUpstream('api', 'blue', TWO)
        kept().setUpstream('api', 'green', FIRST)
        kept().setUpstream('api', 'blue', { port: 9001, replicas: 3 })
        expect(upstreams()).toEqual({ blue: { port: 9001, replicas: 3 }, green: FIRST })
      })

      test('are of one app', () => {
        kept().setUpstream('web', 'blue', TWO)
        expect(upstreams()).toEqual({ blue: FIRST, green: FIRST })
      })
    })

    describe('volumes', () => {
      const at = (path: string, replica: number, volume: string) => ({ path, replica, volume })

      test('are an app’s own, by path and replica', () => {
        const volumes = [at('/b', 1, 'x'), at('/a', 2, 'y'), at('/a', 1, 'z')]
        kept().addVolumes('api', volumes)
        kept().addVolumes('web', [at('/a', 1, 'w')])
        expect(kept().volumes('api')).toEqual(volumes.toReversed())
        expect(kept().volumes('web')).toEqual([at('/a', 1, 'w')])
        expect(kept().volumes('none')).toEqual([])
      })

      test('stay what they were first', () => {
        kept().addVolumes('api', [at('/a', 1, 'first')])
        kept().addVolumes('api', [at('/a', 1, 'second'), at('/a', 2, 'third')])
        expect(kept().volumes('api')).toEqual([at('/a', 1, 'first'), at('/a', 2, 'third')])
      })
    })

    test('an app is recreated from when that is said until it is said otherwise', () => {
      expect(kept().isRecreated('api')).toBe(false)
      for (const says of [true, true, false, false]) {
        kept().setRecreated('api', says)
        expect([kept().isRecreated('api'), kept().isRecreated('web')]).toEqual([says, false])
      }
    })

    test('an app is stopped until it is not, or is gone', () => {
      expect(kept().stopped('api')).toBeUndefined()
      for (const isStarting of [false, true]) {
        const stopped = {
          since: '2026-01-01T00:00:00Z',
          wasInMaintenance: isStarting,
          isStarting,
          awaits: isStarting ? [] : ['api-data', '/srv/api'],
        }
        kept().setStopped('api', stopped)
        expect([kept().stopped('api'), kept().stopped('web')]).toEqual([stopped, undefined])
      }
      kept().setStopped('api', undefined)
      expect(kept().stopped('api')).toBeUndefined()
    })

    test('a deployment runs in its own containers, until it stands in older ones', () => {
      for (const id of ['dep_1', 'dep_2']) {
        it.accept({
          id,
          app: 'api',
          action: 'deploy',
          status: 'queued',
          image: { repository: APP.image.repository, digest: DIGEST.one },
          source: {},
          created_at: '',
          steps: [],
        })
      }
      kept().standIn('dep_2', 1)
      it = it.reopen()
      expect([1, 2].map((at) => it.journal.find('api', at)?.standsIn)).toEqual([1, 1])
      expect(it.journal.find('api', 2)).toMatchObject({ generation: 2, standsIn: 1 })
    })
  })
}
