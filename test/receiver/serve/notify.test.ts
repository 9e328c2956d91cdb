import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Deployment, DeploymentError } from '../../../protocol/deployment.ts'
import type { Config, GithubAppConfig } from '../../../receiver/config/config.ts'
import { submit, type Submission } from '../../../receiver/core/intake/submit.ts'
import type { GithubNews } from '../../../receiver/core/notify/github-news.ts'
import { findingOf } from '../../../receiver/core/notify/state.ts'
import type { Target } from '../../../receiver/core/notify/target.ts'
import { createRedactor } from '../../../receiver/core/redaction/redactor.ts'
import { systemClock } from '../../../receiver/edges/clock.ts'
import { startNotify } from '../../../receiver/serve/notify.ts'
import { openStore, type OpenStore } from '../../../receiver/serve/open-store.ts'
import { APP, DIGEST } from '../../support/fake-world.ts'
import { startPosted } from '../../support/posted.ts'

const AT = '2026-01-01T00:00:00.000Z'
const SHA = 'a'.repeat(40)
const PASSWORD = 'correct-horse-battery'

let dir: string
let store: OpenStore
let server: Awaited<ReturnType<typeof startPosted>>
let targets: Target[]
let github: GithubAppConfig | undefined
let logged: string[]
let stopping: AbortController

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'notify-'))
  server = await startPosted()
  logged = []
  github = undefined
  targets = [target('hook', { on: ['failed', 'rolled_back', 'recovered', 'succeeded'] })]
  store = open()
})
afterEach(() => {
  server.close()
  if (store.database.isOpen) store.database.close()
  rmSync(dir, { recursive: true })
})

const target = (name: string, more: Partial<Target> = {}): Target => ({
  name,
  way: {
    kind: 'webhook',
    url: `${server.url}/${name}`,
    secret: `whsec_${Buffer.alloc(24, 's').toString('base64')}`,
  },
  on: ['failed'],
  allowsPrivate: true,
  ...more,
})
const open = () =>
  openStore(
    { file: join(dir, 'x.db'), settingsKey: Buffer.alloc(32, 7), subnet: '10.213.0.0/24' },
    {
      clock: systemClock,
      log: () => {},
      redactor: createRedactor({ common: [{ name: 'PASSWORD', value: PASSWORD }], apps: {} }),
      targets: () => targets,
      github: () => github,
    },
  )
const notify = () => {
  stopping = new AbortController()
  const config = {
    url: 'https://deploy.example.com',
    apps: {},
    notify: targets,
  } as unknown as Config
  return startNotify(() => config, {
    store,
    clock: systemClock,
    log: (level, message) => void logged.push(`${level} ${message}`),
    environment: {},
    signal: stopping.signal,
  })
}
async function deliver(): Promise<void> {
  const courier = notify()
  courier.wake()
  await courier.stopped()
}
const told = () =>
  server.posted.map(({ path, headers, body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: { deployment: Deployment } }
    return { path, type, id: headers['webhook-id'], deployment: data.deployment }
  })

const accept = (
  more: {
    source?: Submission['source']
    sender?: Submission['audit']['sender']
    app?: string
  } = {},
): string => {
  const { source = {}, sender = { kind: 'socket' }, app = 'api' } = more
  const submitted = submit(
    {
      app: { ...APP, name: app },
      asks: { kind: 'order', request: { action: 'deploy', digest: DIGEST.one } },
      source,
      attestations: [],
      bodySha256: '',
      audit: { sender },
    },
    store.intake,
  )
  if (submitted.kind !== 'accepted') throw new Error(submitted.kind)
  store.journal.append(submitted.deployment.id, { type: 'started', at: AT })
  return submitted.deployment.id
}
const begin = (id: string) =>
  store.journal.append(id, { type: 'image', at: AT, digest: DIGEST.one })
const end = (id: string, error?: DeploymentError) =>
  store.journal.append(id, {
    type: 'finished',
    at: AT,
    status: error === undefined ? 'succeeded' : 'failed',
    ...(error === undefined ? {} : { error }),
  })
const UNHEALTHY = {
  code: 'unhealthy',
  message: `no answer with ${PASSWORD}`,
  log: [PASSWORD, 'end'],
}

describe('of a preview', () => {
  const said = () => server.posted.map(({ path, body }) => [path, JSON.parse(body)] as const)
  beforeEach(() => {
    targets = [
      target('all', { on: ['preview'] }),
      target('api', { on: ['preview'], apps: ['api'] }),
      target('web', { on: ['preview'], apps: ['web'] }),
      target('failures'),
    ]
    const preview = { app: 'api--pr-1', of: 'api', madeAt: AT, deployedAt: AT }
    store.previews.put(preview)
  })

  test('its first success is told, to who hears of its app, and no other', async () => {
    for (let times = 0; times < 2; times++) end(accept({ app: 'api--pr-1' }))
    await deliver()
    expect(said()).toEqual(
      ['/all', '/api'].map((path) => [
        path,
        {
          type: 'preview.made',
          timestamp: AT,
          data: {
            receiver: 'https://deploy.example.com',
            app: 'api--pr-1',
            of: 'api',
            message: 'it is a preview of api',
          },
        },
      ]),
    )
  })

  test('what was told under a name is not told again, and it holds no secret', async () => {
    const refused = { app: 'api--pr-2', of: 'api', became: 'refused', message: PASSWORD } as const
    for (const day of ['monday', 'monday', 'tuesday']) store.announcePreview(refused, day)
    await deliver()
    expect(said()).toHaveLength(4)
    expect(JSON.stringify(said())).not.toContain(PASSWORD)
  })
})

describe('the end of a deployment', () => {
  test('is told who wants to hear of it, without secrets, each as what it is to them', async () => {
    targets = [
      ...targets,
      target('failures'),
      target('recoveries', { on: ['recovered'] }),
      target('web', { on: ['failed', 'succeeded'], apps: ['web'] }),
    ]
    end(accept(), UNHEALTHY)
    end(accept(), { code: 'rolled_back', message: 'went back' })
    for (const _ of [1, 2]) end(accept())
    end(accept({ app: 'web' }))
    await deliver()
    const heard = Object.entries(Object.groupBy(told(), ({ path }) => path)).map(
      ([path, all = []]) => [path, all.map(({ type }) => type.replace('deployment.', ''))],
    )
    expect(Object.fromEntries(heard)).toEqual({
      '/hook': ['failed', 'rolled_back', 'recovered', 'succeeded', 'succeeded'],
      '/failures': ['failed', 'failed'],
      '/recoveries': ['recovered'],
      '/web': ['succeeded'],
    })
    expect(JSON.stringify(server.posted)).not.toContain(PASSWORD)
    expect(told()[0]?.deployment.error?.log).toEqual(['[PASSWORD]', 'end'])
  })

  test('that was killed before it was told is told once, when the receiver is there again', async () => {
    const id = end(accept(), UNHEALTHY).id
    store.database.close()
    store = open()
    await deliver()
    await deliver()
    expect(told()).toMatchObject([{ type: 'deployment.failed', deployment: { id } }])
  })

  test('that was killed after it was told, and before that was noted, is told with the same id', async () => {
    end(accept(), UNHEALTHY)
    let answered = () => {}
    const first = new Promise<void>((resolve) => (answered = resolve))
    server.answer = answered
    notify().wake()
    await first
    // the receiver ends here
    stopping.abort(new Error('killed'))
    store.database.close()
    server.answer = (response) => response.end('ok')
    store = open()
    await deliver()
    const [one, two, ...others] = told()
    expect(others).toEqual([])
    expect(one?.id).toMatch(/^msg_[0-9a-f]{32}$/)
    expect(two?.id).toBe(one?.id)
  })

  test('of which the transaction is taken back is not told', async () => {
    const id = accept()
    expect(() =>
      store.journal.transaction(() => {
        end(id, UNHEALTHY)
        throw new Error('taken back')
      }),
    ).toThrow('taken back')
    await deliver()
    expect(told()).toEqual([])
  })

  test('stands, whatever is wrong with telling it', () => {
    targets = new Proxy(targets, {
      get() {
        throw new Error('a defect')
      },
    })
    expect(end(accept(), UNHEALTHY).status).toBe('failed')
  })

  test('is not told a target that is not there, or does not want to hear of it, any more', async () => {
    targets.push(target('gone'), target('other'))
    end(accept(), UNHEALTHY)
    targets = [target('other', { on: ['disk'] })]
    await deliver()
    expect(told()).toEqual([])
    expect(logged).toHaveLength(3)
    expect(logged).toContain('error news for gone were dropped: it is not in the config any more')
  })
})

test('a target that fails is named with why, since when, and what to do', async () => {
  server.answer = (response) => response.writeHead(400).end('invalid')
  end(accept(), UNHEALTHY)
  const { host } = new URL(server.url)
  await deliver()
  const [state] = notify().describe()
  expect(state).toMatchObject({ name: 'hook', kind: 'webhook', waiting: 0, dropped: 1 })
  expect(state && findingOf(state)).toMatchObject({
    id: 'notify:hook',
    ok: false,
    message: `1 message was dropped within a week, the last: ${host} answered 400: invalid`,
    hint: expect.stringContaining('notify test hook'),
  })
  server.answer = (response) => response.end('ok')
  end(accept(), UNHEALTHY)
  await deliver()
  const [now] = notify().describe()
  expect(now && findingOf(now)).toMatchObject({ ok: true })
})

test('a test is sent to all or to one, and what each answers is said', async () => {
  targets.push(target('down', { allowsPrivate: false }))
  const parts = notify()
  expect(await parts.test(undefined)).toMatchObject([
    { name: 'hook', ok: true, answer: '200 ok' },
    { name: 'down', ok: false, hint: expect.stringContaining('allow_private') },
  ])
  expect(await parts.test('nobody')).toEqual([])
  expect(server.posted.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual([
    'test',
  ])
})

describe('GitHub', () => {
  beforeEach(() => {
    targets = []
    github = {
      id: '1',
      installation: '2',
      key: '',
      apiUrl: '',
      repositories: {},
      environments: { api: 'production' },
    }
  })
  const shown = () => {
    const all: GithubNews[] = []
    for (let each = store.outbox.next('github:api'); each; each = store.outbox.next('github:api')) {
      all.push(each.content as GithubNews)
      store.outbox.told(each.number, AT)
    }
    return all.map(({ repository, sha, state, environment }) => [
      repository,
      sha,
      state,
      environment,
    ])
  }
  const ACTION = {
    sender: {
      kind: 'oidc',
      issuer: 'https://token.actions.githubusercontent.com',
      claims: { repository: 'acme/api' },
    },
    source: {
      sha: SHA,
      repository: 'acme/api',
      run_url: 'https://github.com/acme/api/actions/runs/1',
    },
  } as const
  const run = (id: string, error?: DeploymentError) => {
    begin(id)
    end(id, error)
  }

  test('hears of a redeploy by hand with the commit that the Action deployed that digest of', () => {
    run(accept(ACTION))
    expect(shown()).toEqual([])
    run(accept())
    run(accept({ sender: { kind: 'basic' } }), UNHEALTHY)
    const at = (state: string) => ['acme/api', SHA, state, 'production']
    expect(shown()).toEqual(['in_progress', 'success', 'in_progress', 'failure'].map(at))
  })

  test('hears nothing of a commit that nobody knows, and of no repository that a sender merely names', () => {
    run(accept())
    run(accept({ source: { sha: 'b'.repeat(40), repository: 'acme/other' } }))
    expect(shown()).toEqual([])
    run(accept(ACTION))
    run(accept({ source: { sha: 'b'.repeat(40), repository: 'acme/other' } }))
    run(accept({ source: { sha: 'c'.repeat(40) }, sender: { kind: 'webhook' } }))
    const commits = shown().map(([repository, sha]) => `${repository} ${sha?.slice(0, 3)}`)
    expect(commits).toEqual(['acme/api aaa', 'acme/api aaa', 'acme/api ccc', 'acme/api ccc'])
  })

  test('hears of the repository that the config names', () => {
    github = {
      ...(github as GithubAppConfig),
      repositories: { api: 'acme/shop' },
      environments: {},
    }
    run(accept({ source: { sha: SHA } }))
    expect(shown().at(-1)).toEqual(['acme/shop', SHA, 'success', 'api'])
  })

  test('hears nothing of what was superseded, nor twice of the same', () => {
    github = { ...(github as GithubAppConfig), repositories: { api: 'acme/api' } }
    const first = accept({ source: { sha: SHA } })
    for (const _ of [1, 2]) begin(first)
    expect(shown()).toHaveLength(1)
  })
})
