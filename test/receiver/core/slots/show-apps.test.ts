import { expect, test } from 'vitest'
import { type AppSpec, settingsOf, type SwarmApp } from '../../../../receiver/core/app.ts'
import type { AppUpstreams } from '../../../../receiver/core/slots/ports.ts'
import { showApps } from '../../../../receiver/core/slots/show-apps.ts'
import { publishedNow } from '../../../../receiver/core/delegated/published-now.ts'
import { APP, createFakeWorld } from '../../../support/fake-world.ts'
import { SWARM_APP } from '../../../support/swarm-app.ts'

const { port: _port, ...WITHOUT_PORT } = APP

async function shown(...apps: AppSpec[]) {
  const { store: journal } = createFakeWorld()
  const ensured: Readonly<Record<string, AppUpstreams>>[] = []
  const removed: string[] = []
  const asked: { app: string; url?: boolean }[] = []
  await showApps(apps, {
    sites: {
      ensure: async (upstreams) => ({ changed: ensured.push(upstreams) > 0, warnings: [] }),
      async ask(app, _signal, wanted) {
        asked.push({ app, ...wanted })
        return {}
      },
      remove: async (app) => removed.push(app) > 0,
    },
    signal: new AbortController().signal,
    journal,
    record: { upstreams: (_app, upstream) => ({ blue: upstream, green: upstream }) },
  })
  expect(asked).toStrictEqual(
    apps.filter(({ http }) => http).map(({ name }) => ({ app: name, url: false })),
  )
  return { ensured, removed }
}

test('Nginx is told of all apps at once, each at its port with its replicas', async () => {
  const web = { ...WITHOUT_PORT, name: 'web', replicas: 2 }
  const both = (upstream: { port: number; replicas: number }) => ({
    blue: upstream,
    green: upstream,
  })
  expect(await shown(APP, web)).toStrictEqual({
    ensured: [{ api: both({ port: 8000, replicas: 1 }), web: both({ port: 80, replicas: 2 }) }],
    removed: [],
  })
})

test('a worker is taken out of Nginx, for it may have been served before', async () => {
  expect(await shown({ ...APP, http: false })).toStrictEqual({ ensured: [{}], removed: ['api'] })
})

test('a service of a swarm is where its live release has it, and a deployment takes it', () => {
  const { store } = createFakeWorld()
  const at = (port: number, service?: string): SwarmApp => ({
    ...SWARM_APP,
    http: true,
    swarm: {
      ...SWARM_APP.swarm,
      ...(service === undefined ? {} : { service }),
      publish: { port, mode: 'host', nodes: ['10.0.0.4'] },
    },
  })
  const begin = (id: string, app: SwarmApp) => {
    const { repository } = app.image
    const created_at = '2026-01-01T00:00:00Z'
    const order = { id, app: 'api', action: 'deploy', source: {} } as const
    store.add({ ...order, steps: [], status: 'queued', image: { repository }, created_at })
    store.append(id, { type: 'started', at: created_at }, { settings: settingsOf(app) })
  }
  const end = (id: string) => {
    const ended = '2026-01-01T00:00:01Z'
    store.append(id, { type: 'live', at: ended }, { live: true })
    store.append(id, { type: 'finished', at: ended, status: 'succeeded' })
  }
  expect(publishedNow(at(1), store)).toEqual(['10.0.0.4:1'])
  begin('dep_1', at(1))
  end('dep_1')
  expect(publishedNow(at(2), store)).toEqual(['10.0.0.4:1'])
  begin('dep_2', at(2))
  expect(publishedNow(at(3), store)).toEqual(['10.0.0.4:1', '10.0.0.4:2'])
  end('dep_2')
  expect(publishedNow(at(3), store)).toEqual(['10.0.0.4:2'])
  // its owner has changed it already
  begin('dep_3', at(2, 'shop_api'))
  end('dep_3')
  expect(publishedNow(at(3, 'shop_api'), store)).toEqual(['10.0.0.4:3'])
})
