import type { Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBehindNginx, startEcho } from '../behind-nginx.ts'

const UP = '/.well-known/deploy-receiver/up'

let world: Awaited<ReturnType<typeof openBehindNginx>>
const servers: Server[] = []

beforeAll(async () => {
  world = await openBehindNginx(undefined, { isAsked: true })
  const pair = async (app: string) => {
    const echo = await startEcho(app)
    servers.push(echo)
    return { blue: echo, green: echo }
  }
  const { port, snippets, slots } = world
  await world.sites.receiver.ensure('leave')
  await world.show(
    {
      api: { ...(await pair('api')), app: { domains: ['api.test'], pauses: true } },
      at: { ...(await pair('at')), app: { domains: ['shop.test'], paths: ['/a'], pauses: false } },
      shop: {
        ...(await pair('shop')),
        app: { domains: ['shop.test'], paths: ['/'], pauses: false },
      },
      own: await pair('own'),
      other: await pair('other'),
      never: { ...(await pair('never')), app: { domains: ['never.test'], pauses: false } },
    },
    {
      'own.conf': `server {
  listen 127.0.0.1:${port};
  server_name own.test;
  deny all;
  include ${snippets}/own.slot;
  include ${snippets}/other.slot;
}
`,
    },
  )
  for (const app of ['api', 'at', 'shop', 'own', 'other']) slots.makeLive(app, 'blue')
})
afterAll(async () => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
  await world.close()
})

/** By each name that a balancer may ask for this app. */
const NAMES = {
  api: ['api.test', 'shop.test', 'deploy.test', '10.0.0.7', 'nobody.test'],
  shop: ['shop.test', '10.0.0.7'],
  own: ['own.test', '10.0.0.7'],
} as const

const statuses = (names: readonly string[], path: string) =>
  Promise.all(names.map(async (name) => (await world.send(name, path)).status))
const all = (names: readonly string[], status: number) => names.map(() => status)

test('the machine is up by whatever name, until it is drained', async () => {
  const names = ['api.test', 'shop.test', 'deploy.test', '10.0.0.7', 'nobody.test']
  expect(await statuses(names, UP)).toEqual(all(names, 200))
  expect((await world.sites.balancersGet()).map(({ status }) => status)).toEqual([200])
  world.slots.drainMachine(true)
  expect(await statuses(names, UP)).toEqual(all(names, 503))
  expect(await statuses(NAMES.own, `${UP}/own`)).toEqual(all(NAMES.own, 503))
  expect((await world.sites.balancersGet()).map(({ status }) => status)).toEqual([503])
  // visitors that come all the same are served
  expect((await world.send('api.test', '/')).status).toBe(200)
  expect(world.slots.machineDrained()).toMatch(/Z$/)
  world.slots.drainMachine(false)
  expect(await statuses(names, UP)).toEqual(all(names, 200))
})

test.for(['api', 'shop', 'own'] as const)(
  '%s is up while visitors of it are served, and not drained',
  async (app) => {
    const { slots } = world
    const now = () => statuses(NAMES[app], `${UP}/${app}`)
    const [up, down] = [all(NAMES[app], 200), all(NAMES[app], 503)]
    expect(await now()).toEqual(up)
    for (const change of [
      (isOn: boolean) => slots.setDrained(app, isOn),
      (isOn: boolean) => slots.setMaintenance(app, isOn),
      (isOn: boolean) => (isOn ? slots.pause(app) : slots.unpause(app)),
    ]) {
      change(true)
      expect(await now()).toEqual(down)
      expect(await statuses(['10.0.0.7'], UP)).toEqual([200])
      change(false)
      expect(await now()).toEqual(up)
    }
  },
)

test('what is not live is not up, and nobody learns whether there is such an app', async () => {
  for (const app of ['never', 'nothing']) {
    expect(await world.send('10.0.0.7', `${UP}/${app}`)).toMatchObject({
      status: 503,
      body: 'down\n',
    })
  }
  await expect(world.send('10.0.0.7', `${UP}/../../etc`)).rejects.toThrow()
  await expect(world.send('10.0.0.7', `${UP}/API`)).rejects.toThrow()
  await expect(world.send('10.0.0.7', '/')).rejects.toThrow()
})
