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
    const ensure = async (upstreams: Parameters<Sites['ensure']>[0]) =>
      (await sites.ensure(upstreams)).changed
    const ask = (of: string) => sites.ask(of, new AbortController().signal)

    test('an app that Nginx did not know is a change, and the same again is none', async () => {
      expect(await ensure({ [app]: SAME() })).toBe(true)
      expect(await ensure({ [app]: SAME() })).toBe(false)
      expect(await ensure({ [app]: SAME() })).toBe(false)
    })

    test('no app is no change', async () => {
      expect(await ensure({})).toBe(false)
    })

    test('another port is a change, of either slot', async () => {
      await ensure({ [app]: SAME() })
      const blue = { ...SAME(), blue: { port: 8001, replicas: 1 } }
      expect(await ensure({ [app]: blue })).toBe(true)
      const both = { ...blue, green: { port: 8002, replicas: 1 } }
      expect(await ensure({ [app]: both })).toBe(true)
      expect(await ensure({ [app]: both })).toBe(false)
    })

    test('more replicas are a change, and so are fewer', async () => {
      await ensure({ [app]: SAME() })
      const three = { ...SAME(), green: { port: 8000, replicas: 3 } }
      expect(await ensure({ [app]: three })).toBe(true)
      expect(await ensure({ [app]: three })).toBe(false)
      expect(await ensure({ [app]: SAME() })).toBe(true)
    })

    test('slots that change places are a change', async () => {
      const uneven = { blue: { port: 8000, replicas: 1 }, green: { port: 9000, replicas: 2 } }
      await ensure({ [app]: uneven })
      expect(await ensure({ [app]: { blue: uneven.green, green: uneven.blue } })).toBe(true)
    })

    test('a swap is none: Nginx looks at the flag for each request', async () => {
      await ensure({ [app]: SAME() })
      for (const slot of ['blue', 'green', 'blue'] as const) {
        it.slots.makeLive(app, slot)
        expect(await ensure({ [app]: SAME() })).toBe(false)
      }
    })

    test('apps are told of together or one by one, and none takes another one out', async () => {
      expect(await ensure({ [app]: SAME() })).toBe(true)
      expect(await ensure({ [other]: SAME(9000) })).toBe(true)
      expect(await ensure({ [app]: SAME(), [other]: SAME(9000) })).toBe(false)
      expect(await ensure({ [app]: SAME(), [other]: SAME(9001) })).toBe(true)
      expect(await ensure({ [app]: SAME() })).toBe(false)
    })

    test('two that are told of at once are both done', async () => {
      const both = [ensure({ [app]: SAME() }), ensure({ [other]: SAME() })]
      expect(await Promise.all(both)).toEqual([true, true])
      expect(await ensure({ [app]: SAME(), [other]: SAME() })).toBe(false)
    })

    test('an app that Nginx was told of is served, before anything is live and whatever is', async () => {
      await ensure({ [app]: SAME(), [other]: SAME() })
      expect(await ask(app)).not.toHaveProperty('warning')
      it.slots.makeLive(app, 'green')
      it.slots.pause(app)
      expect(await ask(app)).not.toHaveProperty('warning')
      await ensure({ [app]: SAME(9000) })
      expect(await ask(app)).not.toHaveProperty('warning')
      expect(await ask(other)).not.toHaveProperty('warning')
    })

    test('an app that it was not told of is not_served', async () => {
      await expect(ask(app)).rejects.toMatchObject({ name: 'DeployError', code: 'not_served' })
      await ensure({ [other]: SAME() })
      await expect(ask(app)).rejects.toMatchObject({ code: 'not_served' })
    })

    test('a change that Nginx does not take leaves an app served as it was', async () => {
      await ensure({ [app]: SAME() })
      it.complain(true)
      await expect(sites.ensure({ [app]: SAME(9000) })).rejects.toThrow()
      expect(await ask(app)).not.toHaveProperty('warning')
    })

    test('a change that Nginx does not take is nginx_failed, and is made when it does', async () => {
      await ensure({ [app]: SAME() })
      it.complain(true)
      await expect(sites.ensure({ [app]: SAME(9000) })).rejects.toMatchObject({
        name: 'DeployError',
        code: 'nginx_failed',
      })
      // what was there is there still
      expect(await ensure({ [app]: SAME() })).toBe(false)
      it.complain(false)
      expect(await ensure({ [app]: SAME(9000) })).toBe(true)
      expect(await ensure({ [app]: SAME(9000) })).toBe(false)
    })

    test('of several apps that Nginx does not take, none is changed', async () => {
      await ensure({ [app]: SAME() })
      it.complain(true)
      await expect(sites.ensure({ [app]: SAME(9000), [other]: SAME() })).rejects.toMatchObject({
        code: 'nginx_failed',
      })
      it.complain(false)
      expect(await ensure({ [app]: SAME() })).toBe(false)
      expect(await ensure({ [other]: SAME() })).toBe(true)
    })
  })
}
