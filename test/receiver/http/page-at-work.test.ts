import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PageWorld, startPageWorld } from '../../support/page-world.ts'

/** The page at an address, as a browser has it. */
let world: PageWorld
let cookie: string
beforeAll(async () => {
  world = await startPageWorld()
  const link = world.link().split('/').at(-1) ?? ''
  cookie = (await post('/login', { link })).headers.get('set-cookie')?.split(';')[0] ?? ''
})
afterAll(() => world.stop())

const get = async (path: string) =>
  (await fetch(`${world.url}/page${path}`, { headers: { cookie } })).text()

const post = (path: string, form: Record<string, string>) =>
  fetch(`${world.url}/page${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: world.url, ...(cookie === undefined ? {} : { cookie }) },
    body: new URLSearchParams(form),
  })

test('what a rollback left is brought back by a button, once', async () => {
  const [good, left] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string]
  world.deploy('api', { tag: 'v1', digit: 'a' })
  world.deploy('api', { tag: 'v2', digit: 'b' })
  world.deploy('api', { tag: 'v1', digit: 'a', action: 'rollback' })
  const button = `/apps/api/do/bring-back?to=${left}`
  expect(await get('/apps/api')).toContain(`href="/page${button}"`)
  const asked = await get(button)
  expect(asked).toContain('What was left is deployed once more')
  expect(asked).toContain(`name="to" value="${left}"`)
  expect(await get(`/apps/api/do/bring-back?to=${good}`)).toContain('is on hold')

  const place = (await post('/apps/api/do/bring-back', { to: left })).headers.get('location') ?? ''
  const { deployment } = world.store.get(place.split('/').at(-1) ?? '') ?? {}
  expect(deployment).toMatchObject({ action: 'deploy', image: { tag: 'v2', digest: left } })
  expect(await get('/apps/api')).not.toContain('is on hold')
  expect((await post('/apps/api/do/bring-back', { to: left })).status).toBe(404)
})

test('cookies that are larger than a request may be are refused, and keep nobody else out', async () => {
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`GET /page/apps HTTP/1.1\r\nHost: x\r\nCookie: a=${'b'.repeat(20_000)}\r\n\r\n`)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /)
  expect(await get('/apps')).toContain('Sign out')
})
