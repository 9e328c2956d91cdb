// @module-tag long
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTraffic } from '../../receiver/core/traffic/traffic.ts'
import { type PageWorld, startPageWorld } from '../support/page-world.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
let world: PageWorld
let contexts: BrowserContext[] = []
let failures: string[] = []
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
})
afterAll(() => browser.close())
beforeEach(async () => {
  world = await startPageWorld()
  failures = []
})
afterEach(async () => {
  for (const each of contexts) await each.close()
  contexts = []
  await world.stop()
  expect(failures).toEqual([])
})

async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext(options)
  contexts.push(context)
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  page.on('pageerror', ({ message }) => failures.push(message))
  page.on('console', (said) => {
    // what the policy of the page refuses stands there
    if (said.text().includes('Content Security Policy')) failures.push(said.text())
  })
  return page
}

async function signedIn(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const page = await open(options)
  await page.goto(world.link())
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/page/apps')
  return page
}

test('somebody signs in by a link, looks, rolls back by a click, and signs out', async () => {
  world.deploy('api', { tag: 'v1', digit: 'a' })
  world.deploy('api', { tag: 'v2', digit: 'b' })
  const page = await signedIn()
  await page.getByRole('link', { name: 'api', exact: true }).click()
  await page.getByRole('link', { name: 'Go back to it' }).click()
  await page.getByText('Then: v1').waitFor()
  await page.getByRole('button', { name: 'Roll back' }).click()
  await page.waitForURL('**/page/deployments/*')
  await page.getByText('rollback of v1').waitFor()
  await page.getByText('the page, ada').waitFor()
  expect(world.woken).toEqual(['api'])
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/page/sign-in')
  await page.goBack()
  await page.reload()
  expect(page.url()).toContain('/page/sign-in')
})

test('two windows see a deployment come to its end without being asked to, also over a restart of the receiver', async () => {
  world.deploy('api', { tag: 'v1', digit: 'a' })
  const one = await signedIn()
  const two = await signedIn()
  await two.getByRole('link', { name: 'api', exact: true }).click()
  await two.locator('#history').getByText('v1').waitFor()
  world.deploy('api', { tag: 'v2', digit: 'b' })
  await one.getByText('v2').waitFor()
  await two.locator('#history').getByText('v2').waitFor()

  await world.restart()
  world.deploy('api', { tag: 'v3', digit: 'c', ends: 'failed', log: ['no such table'] })
  await one.getByText('failed', { exact: false }).first().waitFor()
  await two.locator('#history').getByText('v3').waitFor()
  await expect.poll(() => two.locator('#lost').isHidden()).toBe(true)
})

test('what is selected, and what has the focus, stays when something changes', async () => {
  world.deploy('api', { tag: 'v1', digit: 'a', message: 'the message that somebody copies' })
  const page = await signedIn()
  await page.getByRole('link', { name: 'api', exact: true }).click()
  const clip = page.locator('#history .clip', { hasText: 'the message' })
  await clip.selectText()
  await page.getByRole('link', { name: 'Restart' }).focus()
  world.deploy('api', { tag: 'v2', digit: 'b' })
  await page.locator('#history').getByText('v2').waitFor()
  expect(await page.evaluate<string>('getSelection().toString()')).toContain('the message that')
  expect(await page.evaluate<string>('document.activeElement.textContent')).toContain('Restart')
})

test('whoever is signed out elsewhere is led to the sign-in', async () => {
  const page = await signedIn()
  for (const { id } of world.services.sessions.list(world.nowSeconds())) {
    world.services.sessions.end(id)
  }
  world.deploy('api', {})
  await page.waitForURL('**/page/sign-in')
})

test('a lost connection is told, and ends when there is one again', async () => {
  const page = await signedIn()
  await page.context().setOffline(true)
  await world.restart()
  await page.locator('#lost').waitFor({ state: 'visible' })
  await page.context().setOffline(false)
  await page.locator('#lost').waitFor({ state: 'hidden' })
})

test('a failed deployment tells why, what the app answered, what it printed, and that the old one serves', async () => {
  world.deploy('api', { tag: 'v1', digit: 'a' })
  const failed = world.deploy('api', {
    tag: 'v2',
    digit: 'b',
    ends: 'failed',
    log: ['ModuleNotFoundError'],
  })
  const page = await signedIn()
  await page.goto(`${world.url}/page/deployments/${failed}`)
  await page.getByText('api was not healthy within 30 s').waitFor()
  await page.getByText('The version before still serves.').waitFor()
  await page.getByText('ModuleNotFoundError').waitFor()
  expect(await page.locator('.steps li').count()).toBe(4)
})

test('what visitors get is shown in figures, and what failed since the last swap apart', async () => {
  world.deploy('api', { tag: 'v1', digit: 'a' })
  const isApp = (name: string) => world.services.apps.has(name)
  const traffic = createTraffic({ nowMs: () => world.clock.ms, isApp })
  Object.assign(world.services, { traffic: traffic.of })
  const visits = (count: number, status: number, ms = 10) => {
    for (let at = 0; at < count; at++) traffic.take({ app: 'api', status, seconds: ms / 1000 })
  }
  visits(180, 200)
  visits(15, 404)
  visits(5, 502, 300)
  const page = await signedIn()
  await page.getByRole('row', { name: 'api' }).getByText('200/min').waitFor()
  await page.getByRole('link', { name: 'api', exact: true }).click()
  await page.getByText('200/min, 7.5 % 4xx, 2.5 % 5xx, p50').waitFor()
  expect(await page.getByText('since the swap').count()).toBe(0)

  const deployment = world.deploy('api', { tag: 'v2', digit: 'b' })
  traffic.swapped('api', { deployment, at: new Date(world.clock.ms).toISOString() })
  visits(9, 200)
  visits(1, 500)
  for (const each of ['api', '*']) world.feed.changed(each)
  await page.getByText('10/min, 10 % 5xx').waitFor()
  await page.getByText('10 requests since the swap, 1 failed').waitFor()
})

test('a log grows while one looks', async () => {
  world.deploy('api', { tag: 'v1', digit: 'a' })
  const lines = Promise.withResolvers<void>()
  world.services.readLogs = async function* readLogs(_stored, { follow }) {
    const line = (text: string) =>
      ({ kind: 'line', replica: 1, at: '2026-11-27T06:00:00.000000000Z', text }) as const
    yield { kind: 'of', deployment: 'dep_1', replicas: 1, from: 'containers' }
    yield line('first <b>line</b>')
    if (follow === undefined) return
    await lines.promise
    yield line('second line')
  }
  const page = await signedIn()
  await page.goto(`${world.url}/page/apps/api/logs`)
  await page.getByText('06:00:00 first <b>line</b>').waitFor()
  lines.resolve()
  await page.getByText('06:00:00 second line').waitFor()
})

test.for([
  ['light', 1180],
  ['dark', 1180],
  ['light', 360],
] as const)(
  'every page with 200 apps is without violations that axe finds, %s at %d pixels',
  async ([colorScheme, width]) => {
    const [api] = [...world.services.apps.values()]
    if (api === undefined) throw new Error('there is an app')
    const all = new Map(world.services.apps)
    for (let number = 0; number < 200; number++) {
      const name = `app-${number}`
      all.set(name, { ...api, spec: { ...api.spec, name } })
    }
    Object.assign(world.services, { apps: all })
    world.deploy('api', {
      tag: 'v1',
      digit: 'a',
      message: 'A message that is rather long, as they are',
    })
    const failed = world.deploy('api', {
      tag: 'v2',
      digit: 'b',
      ends: 'failed',
      log: ['x'.repeat(300)],
    })
    world.deploy('app-7', { tag: 'v2', digit: 'b', ends: 'running' })
    // axe is no part of the page
    const page = await signedIn({ colorScheme, viewport: { width, height: 800 }, bypassCSP: true })
    for (const path of [
      '/apps',
      '/apps/api',
      `/deployments/${failed}`,
      '/apps/api/do/stop',
      '/requests',
      '/sessions',
      '/sign-in',
      '/apps/none',
    ]) {
      await page.goto(`${world.url}/page${path}`)
      await page.evaluate(AXE)
      const { violations } = await page.evaluate<{
        violations: { id: string; nodes: { html: string }[] }[]
      }>('axe.run()')
      const found = violations.map(
        ({ id, nodes }) => `${path} ${colorScheme} ${width} ${id} ${nodes[0]?.html ?? ''}`,
      )
      expect(found).toEqual([])
      expect(
        await page.evaluate('document.documentElement.scrollWidth'),
        `${path} ${width}`,
      ).toBeLessThanOrEqual(width)
    }
  },
)

test('all of it can be done with a keyboard, and read without the script', async () => {
  world.deploy('api', { tag: 'v1', digit: 'a' })
  const page = await signedIn()
  const focus = () => page.evaluate<string>('document.activeElement.textContent.trim()')
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 30; presses++) {
      await page.keyboard.press('Tab')
      if ((await focus()) === name) return
    }
    throw new Error(`${name} was not reached`)
  }
  await tabTo('Skip to content')
  await tabTo('api')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/page/apps/api')
  await tabTo('Restart')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/do/restart')
  await tabTo('Restart')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/page/deployments/*')

  const quiet = await signedIn({ javaScriptEnabled: false })
  await quiet.getByRole('link', { name: 'api', exact: true }).click()
  await quiet.getByRole('link', { name: 'Deploy', exact: true }).click()
  await quiet.getByRole('button', { name: 'Deploy' }).click()
  await quiet.waitForURL('**/page/deployments/*')
})

test('another site can neither press a button nor show the page in a frame', async () => {
  const page = await signedIn()
  const before = world.woken.length
  // a name of its own for the same machine: another site to a browser
  const evil = world.url.replace('127.0.0.1', 'localhost')
  await page.route(`${evil}/evil`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<iframe src="${world.url}/page/apps"></iframe>
<form method="post" action="${world.url}/page/apps/api/do/deploy"><button>Win</button></form>`,
    }),
  )
  await page.goto(`${evil}/evil`)
  const framed = page.frames().find((frame) => frame !== page.mainFrame())
  expect(await framed?.content()).not.toContain('Skip to content')
  const refused = page.waitForResponse('**/do/deploy')
  await page.getByRole('button', { name: 'Win' }).click()
  expect((await refused).status()).toBe(403)
  expect(world.woken).toHaveLength(before)
  failures = failures.filter((each) => !each.includes('frame-ancestors'))
})
