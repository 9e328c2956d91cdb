import { expect, test } from 'vitest'
import type { DockerApp } from '../../../../receiver/core/app.ts'
import type { AppUpstreams } from '../../../../receiver/core/slots/ports.ts'
import { showApps } from '../../../../receiver/core/slots/show-apps.ts'
import { APP } from '../../../support/fake-world.ts'

const { port: _port, ...WITHOUT_PORT } = APP

async function shown(...apps: DockerApp[]) {
  const ensured: Readonly<Record<string, AppUpstreams>>[] = []
  const removed: string[] = []
  await showApps(apps, {
    sites: {
      ensure: async (upstreams) => ({ changed: ensured.push(upstreams) > 0, warnings: [] }),
      ask: async () => ({}),
      remove: async (app) => removed.push(app) > 0,
    },
    signal: new AbortController().signal,
    record: { upstreams: (_app, upstream) => ({ blue: upstream, green: upstream }) },
  })
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
