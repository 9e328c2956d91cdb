import { writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots, upFiles } from '../../../../receiver/edges/slots.ts'
import { createUpstreamLinks } from '../../../../receiver/edges/upstream-links.ts'
import { openWorkspace } from '../../../support/workspace.ts'
import { closed, openBehindNginx, startEcho } from './behind-nginx.ts'

const NOWHERE = { blue: { port: 9, replicas: 1 }, green: { port: 9, replicas: 1 } }
const SITE = { trustedProxies: [] }

let world: Awaited<ReturnType<typeof openBehindNginx>>
let preview: Server & { port: number }

beforeEach(async () => {
  world = await openBehindNginx()
  preview = await startEcho('of web')
})
afterEach(async () => {
  await world.close()
  await closed(preview)
})

const parent = (name: string, isAlone: boolean) => ({
  domains: [`${name}.test`],
  pauses: false,
  ofPreviews: {
    domain: 'preview.test',
    site: SITE,
    ...(isAlone ? { isAlone: true as const } : {}),
  },
})
const WEB_X = {
  domains: ['web--x.preview.test'],
  pauses: false,
  isolated: true as const,
  previewOf: 'web',
  site: SITE,
}
const upstreams = () => {
  const place = { port: preview.port, replicas: 1 }
  return { web: NOWHERE, 'web--x': { blue: place, green: place } }
}
const visit = async () => {
  const { status, asked, body } = await world.send('web--x.preview.test', '/')
  return asked.name ?? `${status} ${body}`
}
const showApi = () =>
  world.show({ api: { blue: { port: 9 }, green: { port: 9 }, app: parent('api', true) } })

test('an app that is called otherwise now has its previews, with what the former one left', async () => {
  await showApi()
  world.configured.delete('api')
  world.configured.set('web', parent('web', true))
  world.configured.set('web--x', WEB_X)
  let done: unknown
  await world.nginx.reloaded(async () => (done = await world.sites.ensure(upstreams())))
  expect(done).toEqual({ changed: true, warnings: [] })
  world.slots.makeLive('web--x', 'blue')
  expect(await visit()).toBe('of web')
})

test('where another installation has all their names, each has a site of its own', async () => {
  await showApi()
  const workspace = openWorkspace()
  try {
    const data = workspace.folder('data')
    const slots = createSlots(data)
    const configured = new Map<string, object>([
      ['web', parent('web', true)],
      ['web--x', WEB_X],
    ])
    const sites = createSites({
      installation: 'another',
      nginx: { ...world.nginx, listen: [`127.0.0.1:${world.port}`] },
      app: (name) => configured.get(name) as typeof WEB_X | undefined,
      apps: () => [...configured.keys()],
      flags: slots.flags,
      address: () => '127.0.0.1',
      previews: { links: createUpstreamLinks(data), flags: upFiles(data).apps },
    })
    await world.nginx.reloaded(() => sites.ensure(upstreams()))
    slots.makeLive('web--x', 'blue')
    expect(await visit()).toBe('of web')
  } finally {
    await workspace.close()
  }
})

test("so it is where apps share a domain, and somebody's pattern might come first", async () => {
  writeFileSync(
    join(world.nginx.directory, 'all.conf'),
    `server { listen 127.0.0.1:${world.port}; server_name ~^.+$; return 404; }\n`,
  )
  await world.nginx.reloaded(world.nginx.check)
  world.configured.set('web', parent('web', false))
  world.configured.set('web--x', WEB_X)
  await world.nginx.reloaded(() => world.sites.ensure(upstreams()))
  world.slots.makeLive('web--x', 'blue')
  expect(await visit()).toBe('of web')
})
