import { DeployError } from '../../../../receiver/core/errors.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'

const ONE = `sha256:${'1'.repeat(64)}`
const TWO = `sha256:${'2'.repeat(64)}`

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
})
afterEach(() => world.stop())

const ask = async (method: string, path: string) => {
  const response = await world.local.request(path, { method })
  return { status: response.status, body: await response.json() }
}

describe('a reload', () => {
  test('says what changed', async () => {
    const changed = {
      added: ['new'],
      changed: [],
      removed: ['old'],
      keys: ['read_tokens'],
      edited: [{ file: '/x.conf', difference: ['+listen 443 ssl;'] }],
      overwritten: [],
      warnings: ['Nginx: x'],
    }
    world.services.reload = async () => changed
    expect(await ask('POST', '/reload')).toStrictEqual({ status: 200, body: changed })
  })

  test('writes anew what was edited only when it is asked to, in full', async () => {
    const asked: boolean[] = []
    const { reload } = world.services
    world.services.reload = (options) => {
      asked.push(options.overwrite)
      return reload(options)
    }
    await ask('POST', '/reload')
    await ask('POST', '/reload?overwrite=true')
    expect(asked).toEqual([false, true])
    expect(await ask('POST', '/reload?overwrite=yes')).toMatchObject({
      status: 400,
      body: { detail: 'overwrite=yes is neither true nor false' },
    })
  })

  test('that is refused has the reason and the remedy of the config', async () => {
    world.services.reload = async () => {
      throw Object.assign(new Error('config.yaml:3:4: apps.api.port: "x"'), { hint: 'write 8080' })
    }
    expect(await ask('POST', '/reload')).toMatchObject({
      status: 422,
      body: {
        code: 'config_refused',
        detail: 'config.yaml:3:4: apps.api.port: "x"',
        hint: 'write 8080',
      },
    })
  })

  test('that is refused without a remedy says that nothing changed', async () => {
    world.services.reload = () => Promise.reject(new Error('cannot be read'))
    expect(await ask('POST', '/reload')).toMatchObject({
      body: { hint: 'the config that was read before stays in force' },
    })
  })
})

test('the doctor says what it found', async () => {
  const checks = [
    { id: 'docker', what: 'docker', ok: false, message: 'no answer', hint: 'start it' },
  ]
  world.services.doctor = async () => checks
  expect(await ask('GET', '/doctor')).toStrictEqual({ status: 200, body: { checks } })
})

test('an overview has what became of the last deployment, and how the containers are', async () => {
  world.services.health = async (app) => {
    if (app === 'web') throw new Error('the engine does not answer')
    return { containers: 2, running: 1, restarts: 0, health: 'unhealthy' }
  }
  expect(await ask('GET', '/overview')).toMatchObject({
    status: 200,
    body: {
      apps: [
        { name: 'api', live: null, last: null, health: { containers: 2, running: 1 } },
        { name: 'web', health: null },
      ],
    },
  })
  expect((await world.app.request('/overview')).status).toBe(404)
})

describe('maintenance', () => {
  test('is switched, and seen', async () => {
    const asked: unknown[] = []
    const seen = [{ at: 'http://api.test/', status: 503 }]
    world.services.maintenance = {
      look: async () => ({ seen: [] }),
      async switch(what) {
        asked.push(what)
        const since = { since: '2026-03-01T12:00:00.000Z' }
        return { ...(what.isOn ? since : {}), stoppedSince: '2026-03-01T11:00:00.000Z', seen }
      },
    }
    expect(await ask('GET', '/apps/api/maintenance')).toStrictEqual({
      status: 200,
      body: { app: 'api', maintenance: false, since: null, stopped_since: null, seen: [] },
    })
    expect(await ask('POST', '/apps/api/maintenance?on=true')).toStrictEqual({
      status: 200,
      body: {
        app: 'api',
        maintenance: true,
        since: '2026-03-01T12:00:00.000Z',
        stopped_since: '2026-03-01T11:00:00.000Z',
        seen,
      },
    })
    expect(await ask('POST', '/apps/api/maintenance?on=false')).toMatchObject({
      body: { maintenance: false },
    })
    expect(asked).toEqual([
      { app: 'api', isOn: true, sender: { kind: 'socket' } },
      { app: 'api', isOn: false, sender: { kind: 'socket' } },
    ])
  })

  test('is for apps of the config that have visitors, and asked for in full', async () => {
    const { apps } = world.services
    const web = apps.get('web')
    if (web === undefined) throw new Error('no app web')
    world.services.apps = new Map([
      ...apps,
      ['web', { ...web, spec: { ...web.spec, http: false } }],
    ])
    world.services.maintenance.switch = () => Promise.reject(new Error('nobody asks'))
    for (const [path, status, code] of [
      ['/apps/none/maintenance?on=true', 404, 'unknown_app'],
      ['/apps/web/maintenance?on=true', 409, 'no_visitors'],
      ['/apps/api/maintenance?on=yes', 400, 'malformed_body'],
      ['/apps/api/maintenance', 400, 'malformed_body'],
    ] as const) {
      expect(await ask('POST', path)).toMatchObject({
        status,
        body: { code, hint: expect.any(String) },
      })
    }
    expect(await ask('GET', '/apps/web/maintenance')).toMatchObject({ status: 409 })
  })

  test('says which file cannot be made, and what to do', async () => {
    world.services.maintenance.switch = () =>
      Promise.reject(
        Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', path: '/d/slots/api/maintenance' }),
      )
    expect(await ask('POST', '/apps/api/maintenance?on=true')).toMatchObject({
      status: 503,
      body: { detail: '/d/slots/api/maintenance cannot be written: the disk is full' },
    })
  })
})

describe('removing an app', () => {
  let asked: unknown[]
  let removed: string[]
  let kept: string[]
  beforeEach(() => {
    asked = []
    removed = ['container old-1-blue']
    kept = []
    world.services.removeApp = async (what) => {
      asked.push(what)
      return { removed, kept }
    }
  })

  test('says what was removed, and which data was not', async () => {
    kept = ['old_data']
    expect(await ask('DELETE', '/apps/old')).toStrictEqual({ status: 200, body: { removed, kept } })
    removed = []
    expect(await ask('DELETE', '/apps/old')).toMatchObject({ status: 200 })
    expect(asked).toStrictEqual([
      { app: 'old', volumes: false },
      { app: 'old', volumes: false },
    ])
  })

  test('takes its data away only when that is asked for in full', async () => {
    await ask('DELETE', '/apps/old?volumes=true')
    await ask('DELETE', '/apps/old?volumes=false')
    expect(asked).toStrictEqual([
      { app: 'old', volumes: true },
      { app: 'old', volumes: false },
    ])
    for (const unclear of ['', '1', 'yes', 'TRUE']) {
      expect(await ask('DELETE', `/apps/old?volumes=${unclear}`)).toMatchObject({
        status: 400,
        body: { code: 'malformed_body' },
      })
    }
    expect(asked).toHaveLength(2)
  })

  test('is refused while it is in the config', async () => {
    expect(await ask('DELETE', '/apps/api')).toMatchObject({
      status: 409,
      body: { code: 'app_configured', detail: 'api is in the config' },
    })
    expect(asked).toStrictEqual([])
  })

  test.for(['a%2f..%2f..%2fetc', '..%2f..%2fx', 'a%00', '%2e%2e%2fx', 'API', 'a_b', 'a%0a'])(
    'by %s, which is not a name of an app, touches nothing',
    async (name) => {
      expect(await ask('DELETE', `/apps/${name}`)).toMatchObject({
        status: 404,
        body: { code: 'unknown_app', hint: 'the config has: api, web' },
      })
      expect(asked).toStrictEqual([])
    },
  )

  test('of which there is nothing is 404, with the apps that there are', async () => {
    removed = []
    expect(await ask('DELETE', '/apps/old')).toMatchObject({
      status: 404,
      body: {
        code: 'unknown_app',
        detail: 'there is nothing of an app "old"',
        hint: 'the config has: api, web',
      },
    })
  })
})

describe('the tags of an app', () => {
  async function deploy(tag: string, digest: string): Promise<string> {
    const response = await world.local.request('/hooks/api', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image: `ghcr.io/acme/api:${tag}@${digest}` }),
    })
    const { deployment } = (await response.json()) as { deployment: { id: string } }
    const at = new Date(world.clock.ms).toISOString()
    world.store.append(deployment.id, { type: 'live', at }, { live: true })
    world.store.append(deployment.id, { type: 'finished', at, status: 'succeeded' })
    return deployment.id
  }

  test('stand beside the deployments of their digests, those of history in any case', async () => {
    let wanted: ReadonlySet<string> = new Set()
    world.services.tags = async (app, these) => {
      wanted = these
      expect(app.name).toBe('api')
      const tags = [
        { tag: '1.0', digest: ONE },
        { tag: 'latest', digest: TWO },
        { tag: 'gone', digest: undefined },
      ]
      return { tags, total: 7, hasMore: true }
    }
    const first = await deploy('1.0', ONE)
    const second = await deploy('1.1', TWO)
    expect((await ask('GET', '/apps/api/tags')).body).toStrictEqual({
      total: 7,
      has_more: true,
      tags: [
        { tag: '1.0', digest: ONE, deployment: first, live: false },
        { tag: 'latest', digest: TWO, deployment: second, live: true },
        { tag: 'gone', digest: null, deployment: null, live: false },
      ],
    })
    expect([...wanted].sort()).toStrictEqual(['1.0', '1.1', 'latest'])
  })

  test('are not live before anything is', async () => {
    const tags = [{ tag: 'gone', digest: undefined }]
    world.services.tags = async () => ({ tags, total: 1, hasMore: false })
    expect((await ask('GET', '/apps/api/tags')).body).toMatchObject({ tags: [{ live: false }] })
  })

  test('of no app of the config are 404, with those that there are', async () => {
    expect(await ask('GET', '/apps/old/tags')).toMatchObject({
      status: 404,
      body: { detail: 'there is no app "old"', hint: 'the config has: api, web' },
    })
  })

  test.each(['log in again', undefined])(
    'that the registry does not tell are 503 with its reason; remedy: %s',
    async (hint) => {
      world.services.tags = () => {
        const options = hint === undefined ? {} : { hint }
        return Promise.reject(new DeployError('registry_unreachable', 'refused', options))
      }
      const { status, body } = await ask('GET', '/apps/api/tags')
      expect(status).toBe(503)
      expect(body).toMatchObject({ code: 'registry_failed', detail: 'refused' })
      expect((body as { hint?: string }).hint).toBe(hint)
    },
  )

  test('that fail for another reason are a failure of the receiver', async () => {
    world.services.tags = () => Promise.reject(new Error('defect'))
    expect((await ask('GET', '/apps/api/tags')).status).toBe(500)
    expect(world.logged).toHaveLength(1)
  })
})

test('what does not let an app go is said with its remedy', async () => {
  world.services.removeApp = () =>
    Promise.reject(new DeployError('nginx_failed', '/x:3 includes /y', { hint: 'take it out' }))
  expect(await ask('DELETE', '/apps/gone')).toMatchObject({
    status: 409,
    body: { code: 'not_removed', detail: '/x:3 includes /y', hint: 'take it out' },
  })
})
