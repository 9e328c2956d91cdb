import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AppUpstreams, Sites, Slots } from '../../receiver/core/slots/ports.ts'
import { TIME_LIMIT_MS } from './time-limit.ts'

export interface SitesUnderTest {
  sites: Sites
  /** The flags that Nginx looks at. */
  slots: Slots
  /** Whether Nginx takes what it is given. */
  complain(complains: boolean): void
  close(): Promise<void>
}

/** Both slots as a first deployment has them. */
const SAME = (port = 8000, replicas = 1): AppUpstreams => ({
  blue: { port, replicas },
  green: { port, replicas },
})

/** What the port `Sites` promises. */
export function sitesContract(name: string, open: () => Promise<SitesUnderTest>): void {
  describe(`sites: ${name}`, { timeout: TIME_LIMIT_MS }, () => {
    let it: SitesUnderTest
    let sites: Sites
    // each test has apps of its own
    let count = 0
    let app: string
    let other: string
    beforeAll(async () => {
      it = await open()
      sites = it.sites
    }, TIME_LIMIT_MS)
    beforeEach(() => {
      it.complain(false)
      count += 1
      app = `api-${count}`
      other = `web-${count}`
    })
    afterAll(() => it.close(), TIME_LIMIT_MS)

    test('an app that Nginx did not know is a change, and the same again is none', async () => {
      expect(await sites.ensure({ [app]: SAME() })).toBe(true)
      expect(await sites.ensure({ [app]: SAME() })).toBe(false)
      expect(await sites.ensure({ [app]: SAME() })).toBe(false)
    })

    test('no app is no change', async () => {
      expect(await sites.ensure({})).toBe(false)
    })

    test('another port is a change, of either slot', async () => {
      await sites.ensure({ [app]: SAME() })
      const blue = { ...SAME(), blue: { port: 8001, replicas: 1 } }
      expect(await sites.ensure({ [app]: blue })).toBe(true)
      const both = { ...blue, green: { port: 8002, replicas: 1 } }
      expect(await sites.ensure({ [app]: both })).toBe(true)
      expect(await sites.ensure({ [app]: both })).toBe(false)
    })

    test('more replicas are a change, and so are fewer', async () => {
      await sites.ensure({ [app]: SAME() })
      const three = { ...SAME(), green: { port: 8000, replicas: 3 } }
      expect(await sites.ensure({ [app]: three })).toBe(true)
      expect(await sites.ensure({ [app]: three })).toBe(false)
      expect(await sites.ensure({ [app]: SAME() })).toBe(true)
    })

    test('slots that change places are a change', async () => {
      const uneven = { blue: { port: 8000, replicas: 1 }, green: { port: 9000, replicas: 2 } }
      await sites.ensure({ [app]: uneven })
      expect(await sites.ensure({ [app]: { blue: uneven.green, green: uneven.blue } })).toBe(true)
    })

    test('a swap is none: Nginx looks at the flag for each request', async () => {
      await sites.ensure({ [app]: SAME() })
      for (const slot of ['blue', 'green', 'blue'] as const) {
        it.slots.makeLive(app, slot)
        expect(await sites.ensure({ [app]: SAME() })).toBe(false)
      }
    })

    test('apps are told of together or one by one, and none takes another one out', async () => {
      expect(await sites.ensure({ [app]: SAME() })).toBe(true)
      expect(await sites.ensure({ [other]: SAME(9000) })).toBe(true)
      expect(await sites.ensure({ [app]: SAME(), [other]: SAME(9000) })).toBe(false)
      expect(await sites.ensure({ [app]: SAME(), [other]: SAME(9001) })).toBe(true)
      expect(await sites.ensure({ [app]: SAME() })).toBe(false)
    })

    test('two that are told of at once are both done', async () => {
      const both = [sites.ensure({ [app]: SAME() }), sites.ensure({ [other]: SAME() })]
      expect(await Promise.all(both)).toEqual([true, true])
      expect(await sites.ensure({ [app]: SAME(), [other]: SAME() })).toBe(false)
    })

    test('a change that Nginx does not take is nginx_failed, and is made when it does', async () => {
      await sites.ensure({ [app]: SAME() })
      it.complain(true)
      await expect(sites.ensure({ [app]: SAME(9000) })).rejects.toMatchObject({
        name: 'DeployError',
        code: 'nginx_failed',
      })
      // what was there is there still
      expect(await sites.ensure({ [app]: SAME() })).toBe(false)
      it.complain(false)
      expect(await sites.ensure({ [app]: SAME(9000) })).toBe(true)
      expect(await sites.ensure({ [app]: SAME(9000) })).toBe(false)
    })

    test('of several apps that Nginx does not take, none is changed', async () => {
      await sites.ensure({ [app]: SAME() })
      it.complain(true)
      await expect(sites.ensure({ [app]: SAME(9000), [other]: SAME() })).rejects.toMatchObject({
        code: 'nginx_failed',
      })
      it.complain(false)
      expect(await sites.ensure({ [app]: SAME() })).toBe(false)
      expect(await sites.ensure({ [other]: SAME() })).toBe(true)
    })
  })
}
