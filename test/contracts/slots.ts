import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Slots } from '../../receiver/core/slots/ports.ts'
import { TIME_LIMIT_MS } from './time-limit.ts'

export interface SlotsUnderTest {
  slots: Slots
  /** Another instance on what the first one wrote, as after a restart. */
  reopened(): Slots
  close(): void
}

/** What the port `Slots` promises. */
export function slotsContract(name: string, open: () => SlotsUnderTest): void {
  describe(`slots: ${name}`, { timeout: TIME_LIMIT_MS }, () => {
    let it: SlotsUnderTest
    let slots: Slots
    beforeEach(() => {
      it = open()
      slots = it.slots
    })
    afterEach(() => it.close())

    /** What this instance says, and what one says that was opened after it. */
    const live = (app: string) => [slots.live(app), it.reopened().live(app)]
    const paused = (app: string) => [slots.paused(app), it.reopened().paused(app)]

    test('nothing is live before the first deployment, and nothing is paused', () => {
      expect(live('api')).toEqual([undefined, undefined])
      expect(paused('api')).toEqual([false, false])
    })

    test('the slot that was made live last is live, also after a restart', () => {
      for (const slot of ['blue', 'green', 'blue', 'green'] as const) {
        slots.makeLive('api', slot)
        expect(live('api')).toEqual([slot, slot])
      }
    })

    test('the first slot may be green', () => {
      slots.makeLive('api', 'green')
      expect(live('api')).toEqual(['green', 'green'])
    })

    test.for(['blue', 'green'] as const)('making %s live twice is as once', (slot) => {
      slots.makeLive('api', slot)
      slots.makeLive('api', slot)
      expect(live('api')).toEqual([slot, slot])
    })

    test('what was never live can be paused, and goes on', () => {
      slots.unpause('api')
      slots.pause('api')
      expect(paused('api')).toEqual([true, true])
      slots.unpause('api')
      expect(paused('api')).toEqual([false, false])
      expect(slots.live('api')).toBeUndefined()
    })

    test('a pause lasts until it is ended, also over a restart', () => {
      slots.makeLive('api', 'blue')
      slots.pause('api')
      expect(paused('api')).toEqual([true, true])
      slots.unpause('api')
      expect(paused('api')).toEqual([false, false])
    })

    test('pausing twice, and ending it twice, is as once', () => {
      slots.makeLive('api', 'blue')
      slots.pause('api')
      slots.pause('api')
      expect(paused('api')).toEqual([true, true])
      slots.unpause('api')
      slots.unpause('api')
      expect(paused('api')).toEqual([false, false])
    })

    test('a swap leaves the pause, and a pause the live slot', () => {
      slots.makeLive('api', 'blue')
      slots.pause('api')
      slots.makeLive('api', 'green')
      expect(paused('api')).toEqual([true, true])
      slots.unpause('api')
      expect(live('api')).toEqual(['green', 'green'])
    })

    test('what load balancers are told lasts, whatever is swapped', () => {
      const told = () => [slots, it.reopened()].map((each) => each.drained('api'))
      expect(told()).toEqual([false, false])
      slots.setDrained('api', true)
      slots.makeLive('api', 'green')
      expect([told(), slots.drained('web')]).toEqual([[true, true], false])
      slots.setDrained('api', false)
      slots.setDrained('api', false)
      expect(told()).toEqual([false, false])
    })

    test('apps do not know of each other', () => {
      slots.makeLive('api', 'green')
      slots.pause('api')
      expect([live('web'), paused('web')]).toEqual([
        [undefined, undefined],
        [false, false],
      ])
      slots.makeLive('web', 'blue')
      slots.pause('web')
      slots.unpause('web')
      expect([live('api'), paused('api')]).toEqual([
        ['green', 'green'],
        [true, true],
      ])
    })

    test('another instance may make the change, and the first one sees it', () => {
      slots.makeLive('api', 'blue')
      it.reopened().makeLive('api', 'green')
      it.reopened().pause('api')
      expect([slots.live('api'), slots.paused('api')]).toEqual(['green', true])
    })
  })
}
