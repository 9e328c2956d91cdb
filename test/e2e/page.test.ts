// @module-tag long
import { mkdirSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { type AcmeServer, startAcme } from '../support/acme.ts'
import { startChromium } from '../support/chromium.ts'
import { operate } from '../support/operator.ts'
import { freePort } from '../support/ports.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const PATIENCE_MS = 200_000

let vm: Vm
let acme: AcmeServer
let browser: Browser
let page: Page
let tlsPort: number
/** Where the page is, for everybody. */
let home: string
const folder = (name: string) => join(vm.dir, name)

beforeAll(async () => {
  vm = await startVm(stack, 'page')
  // Nginx's workers read what a CA asks for in `data`
  for (const name of ['data', 'letsencrypt', 'acme']) mkdirSync(folder(name), { mode: 0o711 })
  acme = await startAcme({ dir: folder('acme'), httpPort: vm.sites })
  tlsPort = await freePort()
  home = `https://page.test:${tlsPort}/page`
  vm.config['url'] = 'https://deploy.test'
  vm.config['page'] = { domain: 'page.test' }
  vm.config['tls'] = {
    email: 'ops@example.com',
    server: acme.directory,
    directory: folder('letsencrypt'),
  }
  Object.assign(vm.config['nginx'] as object, { listen_tls: [`127.0.0.1:${tlsPort}`] })
  Object.assign(vm.config.apps['api'] as object, { tls: false })
  Object.assign(vm.env, acme.env)
  await vm.start()
  browser = await startChromium({
    dir: folder('chromium'),
    port: tlsPort,
    args: ['--host-resolver-rules=MAP *.test 127.0.0.1'],
  })
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
})
afterAll(async () => {
  await browser?.close()
  await vm?.close()
  await acme?.stop()
})

// what stood there says more than that something else did not
beforeEach(({ onTestFailed }) =>
  onTestFailed(async () => console.error(page.url(), await page.content())),
)

const command = (...words: string[]) =>
  operate([...words, '--config', vm.receiver().config], {
    REGISTRY_PASSWORD: stack.registry.password,
  })

/** What the name of the page is answered with, once there is anything. */
const statusAt = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const headers = { host: `page.test:${port}` }
    const outgoing = request({
      host: '127.0.0.1',
      port,
      servername: 'page.test',
      path: '/page/sign-in',
      headers,
      agent: false,
      rejectUnauthorized: false,
    })
    outgoing.once('response', (incoming) => {
      incoming.resume()
      resolve(incoming.statusCode ?? 0)
    })
    outgoing.once('error', () => resolve(0))
    outgoing.end()
  })
const untilServed = () => expect.poll(() => statusAt(tlsPort), { timeout: PATIENCE_MS }).toBe(200)

async function press(name: string): Promise<void> {
  await page.goto(`${home}/apps/api`)
  await page.getByRole('link', { name, exact: true }).first().click()
  await page.getByRole('button', { name }).click()
}

const outcome = (text: string) => page.locator('#outcome').getByText(text).waitFor()
const visitors = () => vm.visit().then(({ status, body }) => `${status} ${body.trim()}`)

test('somebody signs in over TLS with a link of the command, and is told of by doctor', async () => {
  await untilServed()
  const { stdout } = await command('login-link', '--name', 'Ada')
  expect(stdout).toContain(`${home}/login/`)
  await page.goto(stdout.trim())
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/page/apps')
  const [cookie] = await page.context().cookies()
  expect(cookie).toMatchObject({
    name: '__Host-deploy-receiver',
    secure: true,
    httpOnly: true,
    sameSite: 'Strict',
  })
  expect((await command('doctor')).stdout).toMatch(/^ok +certificate of page\.page\.test /m)
})

test('it watches a deployment to its end, and the next', async () => {
  await page.getByText('not live').waitFor()
  const one = await vm.push('one')
  const two = await vm.push('two')
  expect(await vm.deploy(one)).toMatchObject({ status: 'succeeded' })
  await page.locator('#apps').getByText('succeeded').waitFor()
  await page.getByRole('link', { name: 'api', exact: true }).click()
  const { deployment } = await vm.hook({ image: `${vm.repository}@${two}` }, { wait: 0 })
  await page.locator(`#history a[href$="${deployment.id}"]`).first().click()
  await outcome('succeeded')
  await page.locator('#outcome').getByText('live', { exact: true }).waitFor()
  for (const step of ['pull', 'health', 'swap']) {
    await page.locator('.steps').getByText(step, { exact: true }).waitFor()
  }
  expect(await visitors()).toBe('200 two')
})

test('a click goes back, and stands on record with who did it', async () => {
  await page.goto(`${home}/apps/api`)
  await page.getByRole('link', { name: 'Go back to it' }).click()
  await page.getByRole('button', { name: 'Roll back' }).click()
  await page.waitForURL('**/page/deployments/*')
  await outcome('succeeded')
  await page.getByText('the page, Ada').waitFor()
  expect(await visitors()).toBe('200 one')
  const id = page.url().split('/').at(-1) ?? ''
  expect((await command('audit')).stdout).toMatch(/page.*Ada/)
  expect((await command('show', id)).stdout).toContain('Ada')
  await page.goto(`${home}/apps/api`)
  await page.getByText('is on hold').waitFor()
  await page.getByRole('link', { name: 'Bring it back' }).click()
  await page.getByRole('button', { name: 'Bring it back' }).click()
  await page.waitForURL('**/page/deployments/*')
  await outcome('succeeded')
  expect(await visitors()).toBe('200 two')
  await page.goto(`${home}/apps/api`)
  expect(await page.getByText('is on hold').count()).toBe(0)
})

test('a failed one says why, what its container printed, and that the version before serves', async () => {
  const broken = await vm.push('three', { broken: true })
  const failed = await vm.deploy(broken)
  expect(failed).toMatchObject({ status: 'failed' })
  await page.goto(`${home}/deployments/${failed.id}`)
  await page.getByText('The version before still serves.').waitFor()
  await page.getByText('What its container printed last').waitFor()
  expect(await page.locator('pre').last().innerText()).toContain('/healthz')
  expect(await visitors()).toBe('200 two')
})

test('maintenance, stop and start are what visitors get', async () => {
  await press('Maintenance on')
  await page.locator('#state').getByText('maintenance').waitFor()
  expect((await vm.visit()).status).toBe(503)
  await press('Maintenance off')
  await page.locator('#state').getByText('live').waitFor()
  expect(await visitors()).toBe('200 two')
  await press('Stop')
  await page.locator('#state').getByText('stopped').waitFor()
  expect((await vm.visit()).status).toBe(503)
  await press('Start')
  await page.locator('#state').getByText('live').waitFor()
  await expect.poll(visitors, { timeout: PATIENCE_MS }).toBe('200 two')
})

test('a log grows as the container writes it', async () => {
  await page.goto(`${home}/apps/api/logs`)
  await page.locator('#log').getByText('/healthz').first().waitFor()
  await vm.visit('/nowhere-to-be-found')
  await page.locator('#log').getByText('/nowhere-to-be-found').first().waitFor()
})

test('a receiver that starts anew under an open page has it go on by itself', async () => {
  await page.goto(`${home}/apps/api`)
  await vm.receiver().stop()
  await page.locator('#lost').waitFor({ state: 'visible' })
  await vm.start()
  await page.locator('#lost').waitFor({ state: 'hidden' })
  const four = await vm.push('four')
  const { id, status } = await vm.deploy(four)
  expect(status).toBe('succeeded')
  await page.locator(`#history a[href$="${id}"]`).first().waitFor()
})

test('its site goes when the config says so, and comes again', async () => {
  const said = vm.config['page']
  delete vm.config['page']
  await vm.reload()
  await expect.poll(() => statusAt(tlsPort)).not.toBe(200)
  vm.config['page'] = said
  await vm.reload()
  await untilServed()
})
