import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Deployment } from '../../../../protocol/deployment.ts'
import { createApp } from '../../../../receiver/http/app.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
})
afterEach(() => world.stop())

interface Answer {
  deployment: Deployment
  follow: { url: string; token: string }
}

const at = () => new Date(world.clock.ms).toISOString()

async function accept(headers: Record<string, string> = {}): Promise<Answer> {
  const response = await world.local.request('/hooks/api', { method: 'POST', headers })
  return (await response.json()) as Answer
}

const read = (path: string, token: string, headers: Record<string, string> = {}) =>
  world.app.request(path, {
    headers: { host: 'deploy.example.com', authorization: `Bearer ${token}`, ...headers },
  })

describe('who may read', () => {
  test('a follow token reads its own deployment and nothing else', async () => {
    const first = await accept()
    const second = await accept()
    expect((await read(`/deployments/${first.deployment.id}`, first.follow.token)).status).toBe(200)
    for (const path of [`/deployments/${second.deployment.id}`, '/apps', '/apps/api']) {
      expect((await read(path, first.follow.token)).status).toBe(401)
    }
  })

  test('a read token reads everything, and without a token only /healthz answers', async () => {
    const { deployment } = await accept()
    for (const path of [
      '/apps',
      '/apps/api',
      '/apps/api/deployments?limit=5',
      `/deployments/${deployment.id}`,
    ]) {
      expect((await read(path, world.readToken)).status).toBe(200)
      const stranger = await world.app.request(path, { headers: { host: 'deploy.example.com' } })
      expect(stranger.status).toBe(401)
    }
    expect((await world.app.request('/healthz')).status).toBe(200)
  })
})

describe('an app', () => {
  const json = async (path: string) => (await world.local.request(path)).json()

  test('is shown with where its hooks go and whose it takes, the best first', async () => {
    expect(await json('/apps')).toStrictEqual({
      apps: [
        {
          name: 'api',
          engine: 'docker',
          image: { repository: 'ghcr.io/acme/api', tag: 'latest' },
          domains: ['api.example.com'],
          hook: 'https://deploy.example.com/hooks/api',
          accepts: ['oidc', 'ed25519', 'hmac', 'basic', 'github'],
          live: null,
          current: null,
          last: null,
          on_hold: [],
          project: null,
          maintenance_since: null,
          stopped_since: null,
          awaits_data: [],
          drift: null,
          no_https: null,
          traffic: null,
          preview: null,
          previews_broken: null,
          volumes: [],
        },
        expect.objectContaining({ name: 'web', accepts: ['basic'] }),
      ],
    })
  })

  test('is shown with where its data is kept', async () => {
    const kept = { path: '/data', replica: 1, volume: 'deploy_api_data' }
    world.services.volumes = (app) => (app === 'api' ? [kept] : [])
    expect(await json('/apps/api')).toMatchObject({ volumes: [kept] })
    expect(await json('/apps/web')).toMatchObject({ volumes: [] })
  })

  test.each(['ed25519', 'hmac'] as const)('with keys of %s alone takes no others', async (kind) => {
    const api = world.services.apps.get('api')
    if (api === undefined) throw new Error('there is no app api')
    const { credentials } = api
    const webhookKeys = credentials.webhookKeys.filter((key) => key.kind === kind)
    const only = { oidc: [], webhookKeys, basic: { tokens: [], deploy: true }, github: [] }
    world.services.apps = new Map([['api', { ...api, credentials: only }]])
    expect(await json('/apps/api')).toMatchObject({ accepts: [kind] })
  })

  test.each(['/apps/nope', '/apps/nope/deployments'])('that is not there: %s', async (path) => {
    expect(await json(path)).toMatchObject({
      status: 404,
      code: 'unknown_app',
      detail: 'there is no app "nope"',
      hint: 'deploy-receiver status lists them',
    })
  })
})

test.each(['/deployments/nope', '/deployments/nope/events'])(
  'a deployment that is not there: %s',
  async (path) => {
    const response = await world.local.request(path)
    expect(await response.json()).toMatchObject({
      status: 404,
      code: 'unknown_deployment',
      detail: 'there is no deployment "nope"',
    })
  },
)

describe('a hint at where to look', () => {
  const hintOf = async (response: Response | Promise<Response>) =>
    ((await (await response).json()) as { hint?: string }).hint
  const rollback = { method: 'POST', body: '{"rollback":"previous"}' }
  const JSON_TYPE = { 'content-type': 'application/json' }

  test('on the VM is a command', async () => {
    const { local } = world
    expect(await hintOf(local.request('/apps/none'))).toBe('deploy-receiver status lists them')
    expect(await hintOf(local.request('/deployments/none'))).toBe(
      'deploy-receiver history APP lists them',
    )
    expect(await hintOf(local.request('/hooks/api', { ...rollback, headers: JSON_TYPE }))).toMatch(
      /^deploy-receiver history api lists what was live/,
    )
    world.services.apps = new Map()
    expect(await hintOf(local.request('/hooks/api', { method: 'POST' }))).toBe(
      'the config has no app: add one under apps:',
    )
  })

  test('elsewhere is a request', async () => {
    expect(await hintOf(read('/apps/none', world.readToken))).toBe('GET /apps lists them')
    expect(await hintOf(read('/deployments/none', world.readToken))).toBe(
      'GET /apps/{app}/deployments lists them',
    )
    const headers = {
      ...JSON_TYPE,
      host: 'deploy.example.com',
      authorization: `Basic ${Buffer.from(`api:${world.token}`).toString('base64')}`,
    }
    const env = { incoming: { url: '/hooks/api', socket: { remoteAddress: '127.0.0.1' } } }
    expect(await hintOf(world.app.request('/hooks/api', { ...rollback, headers }, env))).toMatch(
      /^GET \/apps\/api\/deployments lists what was live/,
    )
  })
})

describe('history', () => {
  test.each([
    ['', 200],
    ['?limit=1', 200],
    ['?limit=200', 200],
    ['?limit=0', 400],
    ['?limit=-1', 400],
    ['?limit=201', 400],
    ['?limit=1.5', 400],
    ['?limit=', 400],
    ['?limit=x', 400],
  ])('with %j is %i', async (query, status) => {
    expect((await world.local.request(`/apps/api/deployments${query}`)).status).toBe(status)
  })

  test('has twenty a page unless it is said otherwise', async () => {
    for (let count = 0; count < 21; count++) await accept()
    const response = await world.local.request('/apps/api/deployments')
    expect(((await response.json()) as { deployments: [] }).deployments).toHaveLength(20)
  })

  test('is newest first, and pages by deployment', async () => {
    const ids = []
    for (let count = 0; count < 3; count++) ids.unshift((await accept()).deployment.id)
    const list = async (query: string) => {
      const response = await world.local.request(`/apps/api/deployments${query}`)
      const { deployments } = (await response.json()) as { deployments: Deployment[] }
      return deployments.map(({ id }) => id)
    }
    expect(await list('')).toStrictEqual(ids)
    expect(await list('?limit=1')).toStrictEqual(ids.slice(0, 1))
    expect(await list(`?before=${ids[0]}`)).toStrictEqual(ids.slice(1))
    expect((await world.local.request('/apps/api/deployments?limit=x')).status).toBe(400)
  })

  test('an app says what is live and what is under way', async () => {
    const { deployment } = await accept()
    world.store.append(deployment.id, { type: 'started', at: at() })
    const before = (await (await world.local.request('/apps/api')).json()) as Record<
      string,
      unknown
    >
    expect(before).toMatchObject({ live: null, current: { id: deployment.id, status: 'running' } })
    world.store.append(deployment.id, { type: 'live', at: at() }, { live: true })
    world.store.append(deployment.id, { type: 'finished', at: at(), status: 'succeeded' })
    const after = (await (await world.local.request('/apps/api')).json()) as Record<string, unknown>
    expect(after).toMatchObject({ live: { id: deployment.id }, current: null })
  })
})

describe('events', () => {
  test('come as they happen and end after the final one', async () => {
    const { deployment, follow } = await accept()
    const response = await read(`/deployments/${deployment.id}/events`, follow.token)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    world.store.append(deployment.id, { type: 'started', at: at() })
    world.store.append(deployment.id, { type: 'finished', at: at(), status: 'succeeded' })
    const text = await response.text()
    expect(text.match(/^event: .*$/gm)).toStrictEqual(['event: started', 'event: finished'])
    expect(text.match(/^id: \d+$/gm)).toHaveLength(2)
  })

  test('resume after the last one that a reader has, and 204 says that there are no more', async () => {
    const { deployment, follow } = await accept()
    world.store.append(deployment.id, { type: 'started', at: at() })
    world.store.append(deployment.id, { type: 'finished', at: at(), status: 'succeeded' })
    const [first, last] = world.store.events(deployment.id, 0).map(({ number }) => String(number))
    const resume = (id = '') =>
      read(`/deployments/${deployment.id}/events`, follow.token, { 'last-event-id': id })
    expect((await (await resume(first)).text()).match(/^event: .*$/gm)).toStrictEqual([
      'event: finished',
    ])
    expect((await resume(last)).status).toBe(204)
  })
})

/** Counts how often events are read from the store. */
function countReads(): () => number {
  let reads = 0
  const { archive } = world.services
  world.services.archive = {
    ...archive,
    events(id, after) {
      reads += 1
      return archive.events(id, after)
    },
  }
  return () => reads
}

/** Follows a deployment 120 times, each past the first sign of life. */
async function openMany(id: string, token: string) {
  const app = createApp(world.services, 'public')
  return Promise.all(
    Array.from({ length: 120 }, async () => {
      const response = await app.request(`/deployments/${id}/events`, {
        headers: { host: 'deploy.example.com', authorization: `Bearer ${token}` },
      })
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      await reader.read()
      return reader
    }),
  )
}

describe('a stream of events', () => {
  test('is read once for all who follow, and every event comes to each', async () => {
    const reads = countReads()
    const { deployment, follow } = await accept()
    const app = createApp(world.services, 'public')
    const followers = await Promise.all(
      Array.from({ length: 20 }, async () =>
        app.request(`/deployments/${deployment.id}/events`, {
          headers: { host: 'deploy.example.com', authorization: `Bearer ${follow.token}` },
        }),
      ),
    )
    const texts = Promise.all(followers.map((response) => response.text()))
    world.store.append(deployment.id, { type: 'started', at: at() })
    // in the same turn in which the first ones read
    queueMicrotask(() => world.store.append(deployment.id, { type: 'live', at: at() }))
    await new Promise((resolve) => setImmediate(resolve))
    world.store.append(deployment.id, { type: 'finished', at: at(), status: 'succeeded' })
    for (const text of await texts) {
      expect(text.match(/^event: .*$/gm)).toStrictEqual([
        'event: started',
        'event: live',
        'event: finished',
      ])
    }
    expect(reads()).toBeLessThan(20)
  })

  test('an event is read once for hundreds who follow, who are told in several turns', async () => {
    const reads = countReads()
    const { deployment, follow } = await accept()
    const readers = await openMany(deployment.id, follow.token)
    const before = reads()
    world.store.append(deployment.id, { type: 'started', at: at() })
    await Promise.all(readers.map((reader) => reader.read()))
    expect(reads() - before).toBe(1)
    await Promise.all(readers.map((reader) => reader.cancel()))
  })

  test('that is asked for with HEAD is over with its answer', async () => {
    const { feed } = world.services
    const signals: AbortSignal[] = []
    world.services.feed = {
      ...feed,
      next(id, signal) {
        signals.push(signal)
        return feed.next(id, signal)
      },
    }
    const { deployment, follow } = await accept()
    const app = createApp(world.services, 'public')
    const response = await app.request(`/deployments/${deployment.id}/events`, {
      method: 'HEAD',
      headers: { host: 'deploy.example.com', authorization: `Bearer ${follow.token}` },
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.body).toBeNull()
    await new Promise((resolve) => setImmediate(resolve))
    expect(signals.map(({ aborted }) => aborted)).not.toContain(false)
  })

  test.each(['x', '-1', '1.5', '9'.repeat(16)])(
    'begins at the beginning for the Last-Event-ID %j',
    async (id) => {
      const { deployment, follow } = await accept()
      world.store.append(deployment.id, { type: 'finished', at: at(), status: 'succeeded' })
      const response = await read(`/deployments/${deployment.id}/events`, follow.token, {
        'last-event-id': id,
      })
      expect((await response.text()).match(/^event: .*$/gm)).toStrictEqual(['event: finished'])
    },
  )

  test('says that it is there while nothing happens, and ends when the receiver stops', async () => {
    const stopping = new AbortController()
    world.services.stopping = stopping.signal
    const { deployment, follow } = await accept()
    const app = createApp(world.services, 'public')
    const response = await app.request(`/deployments/${deployment.id}/events`, {
      headers: { host: 'deploy.example.com', authorization: `Bearer ${follow.token}` },
    })
    stopping.abort()
    expect(await response.text()).toBe(': still here\n\n')
  })

  test('leaves turns of the event loop to others while many are told', async () => {
    const { deployment, follow } = await accept()
    const readers = await openMany(deployment.id, follow.token)
    let told = 0
    const all = readers.map(async (reader) => {
      await reader.read()
      told += 1
    })
    world.store.append(deployment.id, { type: 'started', at: at() })
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toBeGreaterThan(0)
    expect(told).toBeLessThan(120)
    await Promise.all(all)
    await Promise.all(readers.map((reader) => reader.cancel()))
  })

  test('waits for nothing more once its reader has gone, or nothing can be read', async () => {
    const { feed, archive } = world.services
    const signals: AbortSignal[] = []
    const fault = new Error('the disk is gone')
    let isBroken = false
    world.services.feed = {
      ...feed,
      next(id, signal) {
        signals.push(signal)
        return feed.next(id, signal)
      },
    }
    world.services.archive = {
      ...archive,
      events(id, after) {
        if (isBroken) throw fault
        return archive.events(id, after)
      },
    }
    const { deployment, follow } = await accept()
    const app = createApp(world.services, 'public')
    const open = async () => {
      const response = await app.request(`/deployments/${deployment.id}/events`, {
        headers: { host: 'deploy.example.com', authorization: `Bearer ${follow.token}` },
      })
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      await reader.read()
      return reader
    }
    const [leaves, stays] = [await open(), await open()]
    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([false, false])
    await leaves.cancel()
    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([true, false])
    isBroken = true
    const told = stays.read()
    world.store.append(deployment.id, { type: 'started', at: at() })
    // who follows comes again, and is told nothing of why
    expect(await told).toStrictEqual({ done: true, value: undefined })
    expect(signals.every(({ aborted }) => aborted)).toBe(true)
    expect(world.logged.join('\n')).toContain('error events could not be told')
  })
})

describe('Prefer: wait', () => {
  const waiting = () =>
    world.local.request('/hooks/api', { method: 'POST', headers: { prefer: 'wait=30' } })

  async function end(status: 'succeeded' | 'failed' | 'superseded'): Promise<number> {
    const answer = waiting()
    const id = world.store.next('api')?.deployment.id
    // the hook is stored within the request's first turns of the event loop
    const found = id ?? (await nextAccepted())
    world.store.append(found, { type: 'finished', at: at(), status })
    return (await answer).status
  }

  async function nextAccepted(): Promise<string> {
    for (;;) {
      const stored = world.store.next('api')
      if (stored !== undefined) return stored.deployment.id
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  test.for([
    ['succeeded', 200],
    ['failed', 422],
    ['superseded', 409],
  ] as const)('answers at the end: %s is %i', async ([status, code]) => {
    expect(await end(status)).toBe(code)
  })

  test('answers 202 when the time ran out first', async () => {
    const response = await world.local.request('/hooks/api', {
      method: 'POST',
      headers: { prefer: 'wait=1' },
    })
    expect(response.status).toBe(202)
    expect(response.headers.get('preference-applied')).toBe('wait=1')
  })
})
