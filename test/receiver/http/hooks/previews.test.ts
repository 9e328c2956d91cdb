import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseVerifyingKey } from '../../../../protocol/standard-webhooks.ts'
import { branchPreview } from '../../../../protocol/preview-name.ts'
import { takeAway } from '../../../../receiver/core/previews/take-away.ts'
import { APP } from '../../../support/fake-world.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'
import { basic, bearer, github, packageEvent, post, webhook } from './signed-hooks.ts'

const image = { repository: 'ghcr.io/acme/api', tag: 'latest' }
const IMAGE = `${image.repository}:pr@sha256:${'1'.repeat(64)}`
const key = `whsec_${randomBytes(32).toString('base64')}`
const MAX = 3

let world: HttpWorld
beforeEach(async () => {
  world = await startHttpWorld()
  const api = world.services.apps.get('api')
  if (api === undefined) throw new Error('there is no api')
  const { issuer } = world
  world.services.apps = new Map([
    ...world.services.apps,
    [
      'api',
      {
        ...api,
        credentials: {
          ...api.credentials,
          previews: {
            oidc: [{ issuer: issuer.url, claims: { repository_id: ['123456789'] } }],
            webhookKeys: [parseVerifyingKey(key)],
          },
        },
        previews: {
          max: MAX,
          ttlMs: 0,
          specOf: (name) => ({ ...APP, name: `api--${name}`, image }),
        },
      },
    ],
  ])
})
afterEach(() => world.stop())

const RUN = 16_000_000_000
let runs = 1
const PULL_42 = {
  event_name: 'pull_request',
  ref: 'refs/pull/42/merge',
  head_ref: 'feature/x',
  base_ref: 'main',
  run_id: String(RUN),
}
/** As GitHub has them of a pull request that was merged. */
const MERGED = { ...PULL_42, ref: 'refs/heads/main' }
const FEATURE = branchPreview('api', 'feature/x')

/** Who sends: claims of a token, or headers for a body. */
const SENDERS = {
  'a key of previews.auth': (body: string) => webhook(world, body, { key }),
  'a key of auth': (body: string) => webhook(world, body),
  'a token by Basic': () => basic('api', world.token),
  main: (body: string) => bearer(world, body, { ref: 'refs/heads/main' }),
  'a branch': (body: string) => bearer(world, body, { ref: 'refs/heads/feature/x' }),
  'a branch of the name of a pull request': (body: string) =>
    bearer(world, body, { ref: 'refs/heads/pr-42' }),
  'a tag': (body: string) => bearer(world, body, { ref: 'refs/tags/v1' }),
  'pull request 42': (body: string) =>
    bearer(world, body, { ...PULL_42, run_id: String(RUN + runs++) }),
  'pull request 43': (body: string) =>
    bearer(world, body, { ...PULL_42, ref: 'refs/pull/43/merge', head_ref: 'other' }),
  '42 when it is merged': (body: string) => bearer(world, body, MERGED),
  '43 when it is merged': (body: string) => bearer(world, body, { ...MERGED, head_ref: 'other' }),
  'its twin in another repository': (body: string) =>
    bearer(world, body, { ...MERGED, repository_id: '987654321' }),
  pull_request_target: (body: string) =>
    bearer(world, body, { ...MERGED, event_name: 'pull_request_target' }),
  'another repository': (body: string) => bearer(world, body, { repository_id: '987654321' }),
} satisfies Record<
  string,
  (body: string) => Record<string, string> | Promise<Record<string, string>>
>
type Sender = keyof typeof SENDERS

/** What is asked for. `pr-42` stands already, made by its pull request; `pr-50` does not. */
const ASKED = {
  'deploy the app': {},
  'make pr-50': { preview: 'pr-50' },
  'update pr-42': { preview: 'pr-42' },
  'remove pr-42': { preview: 'pr-42', remove: true },
  'deploy main': { preview: 'main' },
  'deploy feature/x': { preview: 'feature/x' },
  'deploy it by its name': { preview: FEATURE },
  'remove feature/x': { preview: 'feature/x', remove: true },
} as const
type Asked = keyof typeof ASKED

/** Who may do what: all else is refused. */
const ALLOWED: Partial<Record<Sender, readonly Asked[]>> = {
  'a key of previews.auth': [
    'make pr-50',
    'update pr-42',
    'remove pr-42',
    'deploy main',
    'deploy feature/x',
    'deploy it by its name',
    'remove feature/x',
  ],
  'a key of auth': ['deploy the app'],
  main: ['deploy the app', 'deploy main'],
  'a branch': ['deploy feature/x', 'deploy it by its name', 'remove feature/x'],
  'pull request 42': ['update pr-42', 'remove pr-42'],
  // of a preview that is not there: nothing is removed, and no older run of theirs makes it any more
  '42 when it is merged': ['remove pr-42', 'remove feature/x'],
  '43 when it is merged': ['remove feature/x'],
}

const bodyOf = (asked: Asked) => {
  const what: { preview?: string; remove?: boolean } = ASKED[asked]
  return JSON.stringify(what.remove === true ? what : { ...what, image: IMAGE })
}

async function send(sender: Sender, body: string): Promise<Response> {
  return post(world, body, { headers: await SENDERS[sender](body) })
}

const standing = () => world.services.previews.record.all().map(({ app }) => app)
const leaving = () =>
  world.services.previews.record.all().flatMap(({ app, leavesSince }) => (leavesSince ? app : []))

test.for(Object.keys(SENDERS) as Sender[])('%s may do this, and nothing else', async (sender) => {
  for (const asked of Object.keys(ASKED) as Asked[]) {
    for (const app of standing()) world.services.previews.record.forget(app)
    expect((await send('pull request 42', bodyOf('update pr-42'))).status).toBe(202)
    const before = [world.store.newest('api'), world.store.newest('api--pr-42')]
    const { status } = await send(sender, bodyOf(asked))
    const isAllowed = ALLOWED[sender]?.includes(asked) === true
    expect([asked, status < 400 ? 'allowed' : status]).toEqual([
      asked,
      isAllowed ? 'allowed' : expect.toBeOneOf([401, 403]),
    ])
    expect([asked, leaving()]).toEqual([
      asked,
      isAllowed && asked === 'remove pr-42' ? ['api--pr-42'] : [],
    ])
    if (isAllowed) continue
    expect(standing()).toEqual(['api--pr-42'])
    expect([world.store.newest('api'), world.store.newest('api--pr-42')]).toEqual(before)
  }
})

test('what is refused says why, to whoever is authentic', async () => {
  const codes = []
  for (const [sender, asked] of [
    ['pull request 43', 'update pr-42'],
    ['a key of auth', 'update pr-42'],
    ['a key of previews.auth', 'deploy the app'],
    ['another repository', 'update pr-42'],
  ] as const) {
    const { code, detail } = (await (await send(sender, bodyOf(asked))).json()) as {
      code: string
      detail: string
    }
    codes.push(`${code}: ${detail}`)
  }
  expect(codes).toEqual([
    'preview_not_allowed: "refs/pull/43/merge" may touch the preview pr-43, not pr-42',
    "preview_not_allowed: these credentials are not of api's previews",
    'preview_not_allowed: its key is one of previews.auth, for previews alone',
    expect.stringContaining('claims_not_allowed: repository_id is "987654321"'),
  ])
})

test('a webhook of GitHub is about the app alone', async () => {
  for (const body of [packageEvent(), bodyOf('update pr-42'), bodyOf('remove pr-42')]) {
    await post(world, body, { headers: github(world.githubSecret, body) })
    expect(standing()).toEqual([])
  }
  expect(world.store.list('api', { limit: 9 })).toHaveLength(1)
})

test('an app that has no previews says so', async () => {
  const body = JSON.stringify({ preview: 'pr-1', image: 'docker.io/acme/web:1' })
  const response = await post(world, body, {
    path: '/hooks/web',
    headers: basic('web', world.deployToken),
  })
  expect(await response.json()).toMatchObject({
    code: 'preview_not_allowed',
    detail: 'web has no previews',
  })
})

test('of an app whose previews cannot be had none is made, and those that are there can go', async () => {
  await send('a key of previews.auth', bodyOf('update pr-42'))
  const api = world.services.apps.get('api')
  if (api?.previews === undefined) throw new Error('there is no api')
  const previews = { ...api.previews, broken: 'the service db has privileged' }
  world.services.apps = new Map([...world.services.apps, ['api', { ...api, previews }]])
  const refused = await send('a key of previews.auth', bodyOf('update pr-42'))
  expect(await refused.json()).toMatchObject({
    status: 422,
    code: 'config_refused',
    detail: 'api has no previews at the moment: the service db has privileged',
  })
  expect((await send('a key of previews.auth', bodyOf('remove pr-42'))).status).toBe(202)
})

test('a preview takes no hook of its own from anywhere but this machine', async () => {
  world.services.apps = new Map([
    ...world.services.apps,
    [
      'api--pr-42',
      {
        spec: { ...APP, name: 'api--pr-42', image },
        domains: [],
        credentials: {
          oidc: [],
          webhookKeys: [],
          basic: { tokens: [], deploy: false },
          github: [],
        },
      },
    ],
  ])
  for (const sender of Object.keys(SENDERS) as Sender[]) {
    const body = bodyOf('deploy the app')
    const headers = await SENDERS[sender](body)
    expect((await post(world, body, { path: '/hooks/api--pr-42', headers })).status).toBe(401)
  }
})

describe('the most that there may be', () => {
  beforeEach(async () => {
    for (const name of ['pr-1', 'pr-2', 'pr-3']) await make(name)
  })
  const make = async (preview: string) =>
    send('a key of previews.auth', JSON.stringify({ preview, image: IMAGE }))

  test('refuses new ones, and says so; those that are there are updated', async () => {
    const refused = await make('pr-4')
    expect(refused.status).toBe(409)
    expect(await refused.json()).toMatchObject({
      code: 'too_many_previews',
      detail: 'api has 3 previews, and previews.max is 3: api--pr-4 is not made',
    })
    expect(world.announced).toMatchObject([
      {
        app: 'api--pr-4',
        of: 'api',
        became: 'refused',
        message: expect.stringContaining('max is 3'),
      },
    ])
    expect((await make('pr-3')).status).toBe(202)
    expect(standing()).toEqual(['api--pr-1', 'api--pr-2', 'api--pr-3'])
  })

  test('is the room in their network, too, whichever app has it', async () => {
    for (const nth of [4, 5, 6, 7]) {
      const now = world.services.intake.now()
      const preview = { app: `web--pr-${nth}`, of: 'web', madeAt: now, deployedAt: now }
      world.services.previews.record.put(preview)
    }
    world.services.previews.record.forget('api--pr-3')
    expect((await make('pr-3')).status).toBe(202)
    world.services.previews.record.forget('api--pr-3')
    world.services.previews.subnet = '10.213.16.0/27'
    expect(await (await make('pr-3')).json()).toMatchObject({
      code: 'too_many_previews',
      detail:
        'there are 6 previews, and their network 10.213.16.0/27 has room for 4: api--pr-3 is not made',
      hint: expect.stringContaining('give network.previews a larger one') as string,
    })
    expect(world.announced).toMatchObject([{ app: 'api--pr-3', became: 'refused' }])
    expect((await make('pr-2')).status).toBe(202)
  })

  test('are counted again when one is gone', async () => {
    world.services.previews.record.forget('api--pr-2')
    expect((await make('pr-4')).status).toBe(202)
  })
})

describe('what was removed', () => {
  const remove = (run: number, claims: Record<string, unknown> = PULL_42) =>
    sendToken({ ...claims, run_id: String(run) }, { preview: 'pr-42', remove: true })
  const deploy = (run: number, more = {}) =>
    sendToken({ ...PULL_42, run_id: String(run), ...more }, { preview: 'pr-42', image: IMAGE })
  const sendToken = async (claims: Record<string, unknown>, content: object) => {
    const body = JSON.stringify(content)
    return post(world, body, { headers: await bearer(world, body, claims) })
  }
  const gone = () => world.services.previews.record.forget('api--pr-42')

  test('is not brought back by a run that is older than the one which removed it', async () => {
    await deploy(RUN)
    expect((await remove(RUN + 2)).status).toBe(202)
    gone()
    const late = await deploy(RUN + 1)
    expect(await late.json()).toMatchObject({
      code: 'preview_removed',
      detail: `api--pr-42 was removed by run ${RUN + 2}, which is newer than this one, ${RUN + 1}`,
      newer_run: RUN + 2,
    })
    expect(standing()).toEqual([])
    // the pull request was opened again
    expect((await deploy(RUN + 3)).status).toBe(202)
  })

  test('before it was ever there is not made either, after a merge too', async () => {
    for (const [at, claims] of [
      [RUN, PULL_42],
      [RUN + 10, MERGED],
    ] as const) {
      const answer = await remove(at + 2, claims)
      expect(await answer.json()).toEqual({
        result: 'ignored',
        detail: 'there is no preview api--pr-42',
      })
      expect((await deploy(at + 1)).status).toBe(409)
      expect((await deploy(at + 3)).status).toBe(202)
      await remove(at + 4)
      gone()
    }
    // another branch's was not meant
    await remove(RUN + 30, { ...MERGED, head_ref: 'other' })
    expect((await deploy(RUN + 20)).status).toBe(202)
  })

  test('goes at once for whoever looks, and is made anew when it is gone', async () => {
    await deploy(RUN)
    await remove(RUN)
    expect(world.woken.at(-1)).toBe('preview api--pr-42')
    const again = await deploy(RUN + 1)
    expect(again.headers.get('retry-after')).toBe('5')
    expect(await again.json()).toMatchObject({ code: 'preview_leaves' })
    gone()
    expect((await deploy(RUN + 1)).status).toBe(202)
  })

  test('is not removed once more by the same request', async () => {
    await deploy(RUN)
    const body = JSON.stringify({ preview: 'pr-42', remove: true })
    const headers = webhook(world, body, { key, id: 'msg_once' })
    expect((await post(world, body, { headers })).status).toBe(202)
    gone()
    await deploy(RUN + 1)
    expect(await (await post(world, body, { headers })).json()).toMatchObject({ result: 'ignored' })
    expect(leaving()).toEqual([])
  })

  test('is on the audit trail', async () => {
    await deploy(RUN)
    await remove(RUN)
    expect(world.audit().at(-1)).toMatchObject({
      app: 'api--pr-42',
      outcome: 'accepted',
      request: 'remove the preview pr-42',
      sender: { kind: 'oidc', claims: { head_ref: 'feature/x' } },
    })
  })
})

describe('what was removed by hand, or by its ttl', () => {
  const nowSeconds = () => world.services.intake.nowSeconds()
  const at = (seconds: number) => new Date((nowSeconds() + seconds) * 1000).toISOString()
  const remove = (deployed: { id: number; attempt: number } | undefined) => {
    const { record } = world.services.previews
    record.put({
      app: 'api--pr-42',
      of: 'api',
      madeAt: at(-9),
      deployedAt: at(-9),
      ...(deployed === undefined ? {} : { run: deployed }),
    })
    takeAway({ app: 'api--pr-42', of: 'api' }, { record, now: at(-1) })
    record.forget('api--pr-42')
  }
  const deploy = async (claims: Record<string, unknown>, more: object = {}) => {
    const body = JSON.stringify({ preview: 'pr-42', image: IMAGE, ...more })
    const headers = await bearer(world, body, { ...PULL_42, ...claims })
    const { status, code } = await post(world, body, { headers }).then(async (response) => ({
      status: response.status,
      ...((await response.json()) as { code?: string }),
    }))
    return code ?? status
  }

  test.for([
    ['a run that had deployed it', { run_id: String(RUN) }, {}, 'preview_removed'],
    ['an older one', { run_id: String(RUN - 1), run_attempt: '3' }, {}, 'preview_removed'],
    ['one of a push before it', { run_id: String(RUN + 1) }, -5, 'preview_removed'],
    ['the same that is run again', { run_id: String(RUN), run_attempt: '2' }, {}, 202],
    ['one of a push after it', { run_id: String(RUN + 1) }, 5, 202],
    ['one that does not say of when it is', { run_id: String(RUN + 1) }, {}, 202],
  ] as const)('%s: %j %j', async ([, claims, when, result]) => {
    remove({ id: RUN, attempt: 1 })
    const more = typeof when === 'number' ? { asked_at: at(when) } : when
    expect(await deploy(claims, more)).toBe(result)
  })

  test('is not brought back by a hook that was signed before', async () => {
    remove(undefined)
    const body = bodyOf('update pr-42')
    const sendSigned = async (id: string, timestamp: number) =>
      (await post(world, body, { headers: webhook(world, body, { key, id, timestamp }) })).status
    expect(await sendSigned('msg_late', nowSeconds() - 60)).toBe(409)
    expect(await sendSigned('msg_now', nowSeconds())).toBe(202)
  })

  test('says so, and what brings it back', async () => {
    remove(undefined)
    const body = JSON.stringify({ preview: 'pr-42', image: IMAGE, asked_at: at(-60) })
    const response = await post(world, body, { headers: webhook(world, body, { key }) })
    expect(await response.json()).toMatchObject({
      code: 'preview_removed',
      detail: `api--pr-42 was removed at ${at(-1)}, by hand or when its time was over (previews.ttl), and this was asked for before`,
      hint: expect.stringContaining('push once more'),
    })
  })

  test('a time that is none is refused', async () => {
    const body = JSON.stringify({ preview: 'pr-42', image: IMAGE, asked_at: 'yesterday' })
    expect((await post(world, body, { headers: webhook(world, body, { key }) })).status).toBe(400)
  })
})

test('a test makes nothing and removes nothing', async () => {
  const tried = { preview: 'pr-7', test: true }
  const made = await send('a key of previews.auth', JSON.stringify({ ...tried, image: IMAGE }))
  expect(await made.json()).toMatchObject({ result: 'tested' })
  expect(standing()).toEqual([])
  await send('pull request 42', bodyOf('update pr-42'))
  const removal = JSON.stringify({ preview: 'pr-42', remove: true, test: true })
  expect(await (await send('pull request 42', removal)).json()).toMatchObject({ result: 'tested' })
  expect(leaving()).toEqual([])
})

test.for([
  [{ remove: true }, 'remove takes a preview away: name it under preview'],
  [{ preview: 'pr-1' }, 'a preview goes with image, or with remove: true'],
  [
    { preview: 'pr-1', remove: true, image: IMAGE },
    'a preview goes with image, or with remove: true',
  ],
  [{ preview: 'pr-1', rollback: 'previous', image: undefined }, 'a preview goes with image'],
] as const)('a body that means nothing is refused: %j', async ([body, why]) => {
  const response = await send('a key of previews.auth', JSON.stringify(body))
  expect(response.status).toBe(400)
  expect(((await response.json()) as { detail: string }).detail).toContain(why)
})
