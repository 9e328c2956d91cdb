import { setImmediate } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DeployError } from '../../../receiver/core/errors.ts'
import { ANYTHING } from '../../../receiver/core/feed.ts'
import type { Role } from '../../../receiver/core/sign-in/session.ts'
import { makeLink } from '../../../receiver/http/page/credentials.ts'
import { type HttpWorld, startHttpWorld } from '../../support/http-world.ts'

let world: HttpWorld
beforeAll(async () => {
  world = await startHttpWorld()
})
afterAll(() => world.stop())

const LOCAL = 'localhost:9081'
const PUBLIC = 'page.example.com'

interface Asked {
  method?: string
  host?: string
  origin?: string | null
  cookie?: string
  form?: Record<string, string>
  headers?: Record<string, string>
}

/** Asks as a browser does that stands on the page itself. */
function ask(
  path: string,
  { method = 'GET', host = LOCAL, origin, cookie = '', form, headers = {} }: Asked = {},
) {
  const own = `${host === PUBLIC ? 'https' : 'http'}://${host}`
  const said = origin === undefined ? own : origin
  return world.admin.request(`http://${host}/page${path}`, {
    method: form === undefined ? method : 'POST',
    headers: {
      host,
      ...(cookie === '' ? {} : { cookie }),
      ...(said === null || (method === 'GET' && form === undefined) ? {} : { origin: said }),
      ...headers,
    },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  })
}

const newLink = (role: Role = 'operator', name = 'ada') => makeLink({ name, role }, world.services)

async function signedIn(role: Role = 'operator', name = 'ada'): Promise<string> {
  const response = await ask('/login', { form: { link: newLink(role, name) } })
  expect(response.status).toBe(303)
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

describe('a link', () => {
  test('that is opened shows a button, and is good until that is pressed', async () => {
    const link = newLink()
    for (let opened = 0; opened < 3; opened++) {
      const shown = await ask(`/login/${link}`)
      expect(shown.status).toBe(200)
      expect(shown.headers.get('set-cookie')).toBeNull()
      expect(await shown.text()).toContain('This link signs in')
    }
    expect((await ask('/login', { form: { link } })).status).toBe(303)
    const again = await ask('/login', { form: { link } })
    expect(again.status).toBe(403)
    expect(await again.text()).toContain('used already')
    expect(again.headers.get('set-cookie')).toBeNull()
  })

  test('is good for ten minutes', async () => {
    const link = newLink()
    world.clock.ms += 10 * 60_000
    expect((await ask(`/login/${link}`)).status).toBe(403)
    expect((await ask('/login', { form: { link } })).status).toBe(403)
  })

  test.for(['', 'x', '%00', 'a'.repeat(43), '../login', "' OR 1=1 --"])(
    '%j is none',
    async (link) => {
      expect((await ask('/login', { form: { link } })).status).toBe(403)
    },
  )

  test('is made on the machine alone', async () => {
    const path = '/login-links?name=ada'
    expect((await world.local.request(path, { method: 'POST' })).status).toBe(200)
    for (const app of [world.admin, world.app]) {
      const headers = { host: LOCAL, origin: `http://${LOCAL}` }
      expect(
        (await app.request(`http://${LOCAL}${path}`, { method: 'POST', headers })).status,
      ).toBe(404)
    }
  })
})

describe('a session', () => {
  test('has a cookie that scripts do not see and other sites do not send', async () => {
    const plain = await ask('/login', { form: { link: newLink() } })
    expect(plain.headers.get('set-cookie')).toMatch(
      /^deploy-receiver=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    const secure = await ask('/login', { host: PUBLIC, form: { link: newLink() } })
    expect(secure.headers.get('set-cookie')).toMatch(
      /^__Host-deploy-receiver=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
  })

  test('is a new one at each sign-in, and ends the one before', async () => {
    const before = await signedIn()
    const response = await ask('/login', { cookie: before, form: { link: newLink() } })
    const after = response.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect(after).not.toBe(before)
    expect((await ask('/apps', { cookie: before })).status).toBe(303)
    expect((await ask('/apps', { cookie: after })).status).toBe(200)
  })

  test('of somebody’s own making is none', async () => {
    const fixed = `deploy-receiver=${'A'.repeat(43)}`
    expect((await ask('/apps', { cookie: fixed })).status).toBe(303)
    const response = await ask('/login', { cookie: fixed, form: { link: newLink() } })
    expect(response.headers.get('set-cookie')).not.toContain('A'.repeat(43))
    expect((await ask('/apps', { cookie: fixed })).status).toBe(303)
  })

  test('ends with the sign-out, when it is ended from the list, and by time', async () => {
    const one = await signedIn()
    await ask('/sign-out', { cookie: one, form: {} })
    expect((await ask('/apps', { cookie: one })).status).toBe(303)

    const [two, three] = [await signedIn('operator', 'two'), await signedIn()]
    const { id: session = '' } =
      world.services.sessions.list(world.nowSeconds()).find(({ name }) => name === 'two') ?? {}
    expect(await (await ask('/sessions', { cookie: three })).text()).toContain(`value="${session}"`)
    await ask('/sessions/end', { cookie: three, form: { session } })
    expect((await ask('/apps', { cookie: two })).status).toBe(303)
    expect((await ask('/apps', { cookie: three })).status).toBe(200)

    const four = await signedIn()
    world.clock.ms += 11 * 3_600_000
    expect((await ask('/apps', { cookie: four })).status).toBe(200)
    world.clock.ms += 11 * 3_600_000
    expect((await ask('/apps', { cookie: four })).status).toBe(200)
    world.clock.ms += 12 * 3_600_000
    expect((await ask('/apps', { cookie: four })).status).toBe(303)
  })

  test('lasts seven days at most, whoever uses it', async () => {
    const cookie = await signedIn()
    const hours = async () => {
      for (let hour = 0; hour < 8 * 24; hour += 6) {
        if ((await ask('/apps', { cookie })).status !== 200) return hour
        world.clock.ms += 6 * 3_600_000
      }
      return Number.POSITIVE_INFINITY
    }
    expect(await hours()).toBe(7 * 24)
  })

  test('is not kept as the browser has it', async () => {
    const cookie = await signedIn()
    const secret = cookie.split('=')[1] ?? ''
    const list = world.services.sessions.list(world.nowSeconds())
    expect(JSON.stringify(list)).not.toContain(secret)
  })
})

describe('nobody', () => {
  const PATHS = [
    '/apps',
    '/apps/api',
    '/apps/api/do/stop',
    '/apps/api/logs',
    '/apps/api/logs/stream',
    '/deployments/x',
    '/requests',
    '/sessions',
    '/changes',
    '/nothing',
  ]
  test.for(PATHS)('sees %s without signing in', async (path) => {
    const response = await ask(path)
    expect([response.status, response.headers.get('location')]).toEqual([303, '/page/sign-in'])
    expect(await response.text()).toBe('')
  })

  test.for(['/apps/api/do/deploy', '/apps/api/do/stop', '/sessions/end'])(
    'does %s without signing in',
    async (path) => {
      expect((await ask(path, { form: {} })).headers.get('location')).toBe('/page/sign-in')
    },
  )
})

test('a link from elsewhere goes on from the page itself, for the cookie is strict', async () => {
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  const response = await ask('/deployments/dep_1?x=<', { headers })
  expect(await response.text()).toContain('content="0; url=/page/deployments/dep_1"')
})

describe('what changes something', () => {
  let cookie: string
  beforeEach(async () => {
    cookie = await signedIn()
  })

  test.for([
    ['https://evil.example', 'another site'],
    ['null', 'a sandboxed frame'],
    [null, 'no origin at all'],
    ['https://localhost:9081', 'another scheme'],
    ['http://localhost:9082', 'another port'],
    ['http://localhost:9081.evil.example', 'a longer name'],
  ] as const)('from %s is refused: %s', async ([origin]) => {
    const woken = world.woken.length
    for (const path of ['/apps/api/do/deploy', '/sign-out', '/login', '/sessions/end']) {
      const response = await ask(path, { cookie, origin, form: {} })
      expect([path, response.status]).toEqual([path, 403])
    }
    expect(world.woken).toHaveLength(woken)
    expect((await ask('/apps', { cookie })).status).toBe(200)
  })

  test.for([
    'evil.example',
    'evil.example:9081',
    'page.example.com.evil.example',
    '',
    'localhost:9081@evil.example',
  ])('and what only looks, under the host %j, is refused', async (host) => {
    for (const path of ['/apps', '/sign-in', '/style.css', '/login/x']) {
      const response = await world.admin.request(`http://${LOCAL}/page${path}`, {
        headers: { host, cookie },
      })
      expect([path, response.status]).toEqual([path, 403])
    }
  })

  test('is asked before it is done', async () => {
    const woken = world.woken.length
    const asked = await ask('/apps/api/do/deploy', { cookie })
    expect(await asked.text()).toContain('<form method="post"')
    expect(world.woken).toHaveLength(woken)
  })

  test('is a deployment on record as any other, with who ordered it', async () => {
    const response = await ask('/apps/api/do/deploy', { cookie, form: {} })
    const place = response.headers.get('location') ?? ''
    expect(place).toMatch(/^\/page\/deployments\/dep_\w+$/)
    expect(world.audit().at(-1)).toMatchObject({
      app: 'api',
      sender: { kind: 'page', person: 'ada' },
      outcome: 'accepted',
      deployment: place.split('/').at(-1),
    })
    expect(await (await ask(place.slice(5), { cookie })).text()).toContain('the page')
  })

  test('of an app or by a name that there is not is told so', async () => {
    for (const [path, status] of [
      ['/apps/none/do/deploy', 404],
      ['/apps/api/do/explode', 404],
      ['/apps/api/do/constructor', 404],
      ['/apps/api/do/rollback', 409],
      ['/apps/api/do/restart', 409],
    ] as const) {
      const response = await ask(path, { cookie, form: {} })
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        status,
        'text/html; charset=UTF-8',
      ])
    }
  })

  test('is a few words: a larger form is refused', async () => {
    const response = await ask('/apps/api/do/rollback', { cookie, form: { to: 'x'.repeat(5000) } })
    expect(response.status).toBe(413)
  })
})

describe('a reader', () => {
  test('sees everything but buttons, and what they press is refused', async () => {
    const cookie = await signedIn('reader')
    const page = await (await ask('/apps/api', { cookie })).text()
    expect(page).not.toContain('/do/')
    for (const action of [
      'deploy',
      'restart',
      'rollback',
      'stop',
      'start',
      'maintenance-on',
      'maintenance-off',
    ]) {
      const response = await ask(`/apps/api/do/${action}`, { cookie, form: {} })
      expect([action, response.status]).toEqual([action, 403])
    }
  })

  test('is not even asked whether to do it', async () => {
    const cookie = await signedIn('reader')
    expect((await ask('/apps/api/do/deploy', { cookie })).status).toBe(403)
  })

  test('ends no session but their own', async () => {
    const operator = await signedIn()
    const cookie = await signedIn('reader')
    for (const { id } of world.services.sessions.list(world.nowSeconds())) {
      if (!(await (await ask('/sessions', { cookie })).text()).includes(id)) {
        await ask('/sessions/end', { cookie, form: { session: id } })
      }
    }
    expect((await ask('/apps', { cookie: operator })).status).toBe(200)
  })
})

test('every page bears the headers of one, and nothing may be in it that does not come from here', async () => {
  const cookie = await signedIn()
  for (const path of ['/apps', '/sign-in', '/apps/none', '/style.css']) {
    const { headers } = await ask(path, { cookie })
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe(
      path === '/style.css' ? 'public, max-age=31536000, immutable' : 'no-store',
    )
    const text = await (await ask(path, { cookie })).text()
    expect(text).not.toMatch(/ style=| on\w+=|<script>/)
  }
})

test('what strangers wrote stands on a page as text, and turns nothing around', async () => {
  const cookie = await signedIn()
  const evil = `</bdi><script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202egnp.exe\u001b[31m\n`
  const hook = await world.local.request('/hooks/api', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      source: {
        actor: evil,
        message: evil,
        sha: evil,
        ref: evil,
        run_url: `javascript:alert(1)//${evil}`,
      },
    }),
  })
  const { deployment } = (await hook.json()) as { deployment: { id: string } }
  const at = '2026-03-01T12:00:00Z'
  const error = { code: 'unhealthy', message: evil, hint: evil, log: [evil, evil] }
  world.store.append(deployment.id, { type: 'started', at })
  world.store.append(deployment.id, { type: 'step', at, step: evil, status: 'running' })
  world.store.append(deployment.id, { type: 'progress', at, step: 'health', message: evil })
  world.store.append(deployment.id, {
    type: 'step',
    at,
    step: evil,
    status: 'failed',
    ms: 1,
    message: evil,
    error,
  })
  world.store.append(deployment.id, { type: 'finished', at, status: 'failed', error })
  world.services.refusals.note({
    address: '192.0.2.1',
    sender: { kind: 'webhook', key: evil },
    outcome: 'rejected',
    reason: evil,
    request: evil,
  })
  for (const path of [
    '/apps',
    '/apps/api',
    `/deployments/${deployment.id}`,
    '/requests',
    '/requests?only=refused',
  ]) {
    const text = await (await ask(path, { cookie })).text()
    expect(text, path).not.toMatch(/<script>alert|<img|href="javascript:/)
    expect(text, path).not.toMatch(/[\u202e\p{Cf}]/u)
    expect(text, path).not.toContain('\u001b')
  }
})

test('a disk that is full keeps nobody out who is signed in, and says so to who signs in', async () => {
  const cookie = await signedIn()
  const link = newLink()
  const { sessions } = world.services
  const full = () => {
    throw new DeployError('store_failed', 'the receiver cannot write its data: disk is full')
  }
  Object.assign(world.services, { sessions: { ...sessions, use: full, add: full, takeLink: full } })
  world.clock.ms += 5 * 60_000
  try {
    expect((await ask('/apps', { cookie })).status).toBe(200)
    const refused = await ask('/login', { form: { link } })
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      503,
      'text/html; charset=UTF-8',
    ])
    expect(await refused.text()).toContain('disk is full')
  } finally {
    Object.assign(world.services, { sessions })
  }
  expect((await ask('/login', { form: { link } })).status).toBe(303)
})

test.for([
  ['very many', Array.from({ length: 2000 }, (_, at) => `c${at}=x`).join('; ')],
  ['a very long one', `deploy-receiver=${'A'.repeat(100_000)}`],
  ['two of ours', `deploy-receiver=${'A'.repeat(43)}; deploy-receiver=${'B'.repeat(43)}`],
  ['one that is malformed', 'deploy-receiver=%E0%A4%A; =; ;;'],
  ['the other scheme’s', `__Host-deploy-receiver=${'A'.repeat(43)}`],
] as const)('cookies that are %s sign nobody in', async ([, cookie]) => {
  expect((await ask('/apps', { cookie })).headers.get('location')).toBe('/page/sign-in')
})

test('a name of the page with the port of Nginx is its own, over https alone', async () => {
  const host = `${PUBLIC}:8443`
  const origin = `https://${host}`
  const signed = await ask('/login', { host, origin, form: { link: newLink() } })
  expect(signed.headers.get('set-cookie')).toMatch(/^__Host-deploy-receiver=.*; Secure;/)
  for (const other of [`http://${host}`, `https://${PUBLIC}`]) {
    const response = await ask('/login', { host, origin: other, form: { link: newLink() } })
    expect(response.status).toBe(403)
  }
})

test('a hundred who look cost what one does, until something changes', async () => {
  const cookie = await signedIn()
  const { pageHealth, archive } = world.services
  let [asked, read] = [0, 0]
  const change = () => {
    for (const each of ['api', 'web', ANYTHING]) world.feed.changed(each)
    return setImmediate()
  }
  const counted = {
    pageHealth: (app: string) => (asked++, pageHealth(app)),
    archive: {
      ...archive,
      live: (app: string) => (read++, archive.live(app)),
    },
  }
  Object.assign(world.services, counted)
  try {
    await change()
    const look = async () => {
      const all = await Promise.all(
        Array.from({ length: 100 }, async (_, at) =>
          ask(at % 2 === 0 ? '/apps' : '/apps/api', { cookie }),
        ),
      )
      expect(all.every(({ status }) => status === 200)).toBe(true)
    }
    // the overview has what the page of one of them has
    const apps = world.services.apps.size
    await look()
    expect([asked, read]).toEqual([apps, apps])
    await change()
    await look()
    expect([asked, read]).toEqual([2 * apps, 2 * apps])
  } finally {
    Object.assign(world.services, { pageHealth, archive })
  }
})

test('whoever has a page already is sent what it shows alone, the same bytes for all', async () => {
  const [one, two] = [await signedIn('operator', 'one'), await signedIn('operator', 'two')]
  for (const path of ['/apps', '/apps/api']) {
    const part = { 'x-part': 'main' }
    const zipped = { ...part, 'accept-encoding': 'gzip' }
    const plain = await (await ask(path, { cookie: one, headers: part })).text()
    expect(plain).toMatch(/^<main id="main"[^]*<\/main>$/)
    expect(await (await ask(path, { cookie: one })).text()).toContain(plain)
    const sent = await Promise.all(
      [one, two].map(async (cookie) => {
        const answer = await ask(path, { cookie, headers: zipped })
        expect(answer.headers.get('content-encoding')).toBe('gzip')
        return Buffer.from(await answer.arrayBuffer())
      }),
    )
    expect(sent.map((each) => gunzipSync(each).toString())).toEqual([plain, plain])
    expect(sent[0]).toEqual(sent[1])
  }
  const reader = await signedIn('reader')
  const seen = await ask('/apps/api', { cookie: reader, headers: { 'x-part': 'main' } })
  expect(await seen.text()).not.toContain('/do/')
  expect((await ask('/apps', { headers: { 'x-part': 'main' } })).status).toBe(303)
})

test('older deployments are found from where the list ends, however it moved on', async () => {
  const cookie = await signedIn()
  const order = () => ask('/apps/web/do/deploy', { cookie, form: {} })
  for (let at = 0; at < 45; at++) expect((await order()).status).toBe(303)
  const seen: string[] = []
  for (let path: string | undefined = '/apps/web'; path !== undefined;) {
    const text: string = await (await ask(path, { cookie })).text()
    const list: string = /<div id="history">([\s\S]*)<\/section>/.exec(text)?.[1] ?? ''
    seen.push(
      ...list.matchAll(/<th[^>]*><a href="\/page\/deployments\/(\w+)"/g).map(([, id]) => id ?? ''),
    )
    expect(list.includes('>Newest</a>')).toBe(path.includes('before'))
    path = /href="\/page(\/apps\/web\?before=\w+)"/.exec(list)?.[1]
  }
  expect(seen).toHaveLength(45)
  expect(new Set(seen).size).toBe(45)
})

test('a deployment of another app is nothing to go back to', async () => {
  const cookie = await signedIn()
  const id = (await ask('/apps/api/do/deploy', { cookie, form: {} })).headers
    .get('location')
    ?.split('/')
    .at(-1)
  expect((await ask(`/apps/web/do/rollback?to=${id}`, { cookie })).status).toBe(404)
  expect(
    (await ask('/apps/web/do/rollback', { cookie, form: { to: id ?? '' } })).status,
  ).toBeGreaterThanOrEqual(400)
})

test('a page of the last hundred requests is small', async () => {
  const cookie = await signedIn()
  for (const path of ['/apps', '/apps/api', '/requests']) {
    const text = await (await ask(path, { cookie })).text()
    expect(Buffer.byteLength(text)).toBeLessThan(50_000)
  }
})

test('a page of 200 apps is sent in less than 50 KB', async () => {
  const cookie = await signedIn()
  const { apps } = world.services
  const api = apps.get('api')
  if (api === undefined) throw new Error('there is an app')
  const many = Array.from({ length: 200 }, (_, at) => {
    const name = `app-${at}`
    return [name, { ...api, spec: { ...api.spec, name } }] as const
  })
  Object.assign(world.services, { apps: new Map(many) })
  world.feed.changed(ANYTHING)
  await setImmediate()
  try {
    const answer = await ask('/apps', { cookie, headers: { 'accept-encoding': 'gzip' } })
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    const sent = Buffer.from(await answer.arrayBuffer())
    expect(gunzipSync(sent).toString()).toContain('app-199')
    expect(sent.byteLength).toBeLessThan(50_000)
  } finally {
    Object.assign(world.services, { apps })
    world.feed.changed(ANYTHING)
  }
})

describe('GitHub', () => {
  const PEOPLE: Record<string, { name: string; role: Role } | undefined> = {
    good: { name: 'github:octocat', role: 'operator' },
  }
  beforeEach(() => {
    Object.assign(world.services, {
      github: {
        authorizeUrl: ({ state }: { state: string }) => `https://github.com/?state=${state}`,
        personOf: async ({ code }: { code: string }) => {
          if (code === 'broken') throw new Error('GitHub answered 500')
          return PEOPLE[code]
        },
      },
    })
  })

  const begin = async () => {
    const response = await ask('/github')
    const state = new URL(response.headers.get('location') ?? '').searchParams.get('state') ?? ''
    const set = response.headers.get('set-cookie') ?? ''
    return { state, cookie: set.split(';')[0] ?? '', set }
  }

  test('signs in whom it knows and the config names, and the page goes on by itself', async () => {
    const { state, cookie, set } = await begin()
    expect(set).toMatch(/; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/)
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    const response = await ask(`/github/callback?code=good&state=${state}`, { cookie, headers })
    expect(await response.text()).toContain('content="0; url=/page/apps"')
    const session =
      response.headers.getSetCookie().find((each) => each.startsWith('deploy-receiver=')) ?? ''
    expect((await ask('/apps', { cookie: session.split(';')[0] ?? '' })).status).toBe(200)
  })

  test.for([
    ['a state that was not asked for', 'good', 'x'.repeat(43)],
    ['no state', 'good', ''],
    ['somebody whom the config does not name', 'stranger', undefined],
    ['a GitHub that fails', 'broken', undefined],
  ] as const)('signs in nobody with %s', async ([, code, other]) => {
    const { state, cookie } = await begin()
    const response = await ask(`/github/callback?code=${code}&state=${other ?? state}`, { cookie })
    expect(response.status).toBe(403)
    expect(
      response.headers.getSetCookie().some((each) => each.startsWith('deploy-receiver=')),
    ).toBe(false)
  })

  test('an answer of GitHub is good for once, whether its state is still there or not', async () => {
    const { state, cookie } = await begin()
    const codes: string[] = []
    const { github } = world.services
    Object.assign(world.services, {
      github: {
        ...github,
        personOf: async ({ code }: { code: string }) => {
          // as GitHub does
          if (codes.includes(code)) throw new Error('The code passed is incorrect or expired.')
          codes.push(code)
          return PEOPLE[code]
        },
      },
    })
    const callback = `/github/callback?code=good&state=${state}`
    const first = await ask(callback, { cookie })
    expect(first.status).toBe(200)
    const gone = first.headers.getSetCookie().find((each) => each.includes('state='))
    expect(gone).toMatch(/=; Max-Age=0/)
    for (const kept of ['', cookie]) {
      const again = await ask(callback, { cookie: kept })
      expect(again.status).toBe(403)
      expect(again.headers.getSetCookie().filter((each) => !each.includes('state='))).toEqual([])
      expect(await again.text()).toContain('Try again')
    }
    expect(codes).toEqual(['good'])
  })

  test('a state is good in the browser that asked for it alone', async () => {
    const { state } = await begin()
    expect((await ask(`/github/callback?code=good&state=${state}`)).status).toBe(403)
  })
})
