// @module-tag long
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { authorizeUrl } from '../../receiver/edges/github/authorize-url.ts'
import { githubPerson } from '../../receiver/edges/github/sign-in.ts'
import { type GithubAccounts, startGithubAccounts } from '../support/github-accounts.ts'
import { type PageWorld, startPageWorld } from '../support/page-world.ts'

const APP = {
  clientId: 'Ov23liExample',
  clientSecret: 'its-secret',
  allowed: { users: ['octocat'], teams: ['acme/operators'], readers: ['acme/everybody'] },
}
const TEAMS = { 'acme/operators': ['ada'], 'acme/everybody': ['ada', 'bob'] }

let browser: Browser
let world: PageWorld
let github: GithubAccounts
let context: BrowserContext
let page: Page
/** Why nobody could be told apart. */
let failed: string[] = []
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  world = await startPageWorld()
  github = await startGithubAccounts({
    ...APP,
    callback: `${world.url}/page/github/callback`,
    teams: TEAMS,
  })
  Object.assign(world.services, {
    github: {
      authorizeUrl: (asked) => authorizeUrl(APP, asked, github.hosts),
      personOf: (answer) =>
        githubPerson(APP, answer, github.hosts).catch((error: unknown) => {
          failed.push(String(error))
          throw error
        }),
    } satisfies PageWorld['services']['github'],
  })
})
afterAll(async () => {
  await browser.close()
  await github.stop()
  await world.stop()
})
beforeEach(async () => {
  Object.assign(github, { fault: undefined, state: undefined })
  github.asked.length = 0
  failed = []
  context = await browser.newContext()
  page = await context.newPage()
  page.setDefaultTimeout(120_000)
})
afterEach(() => context.close())

/** Signs in at GitHub and lets the app in, as far as its pages go. */
async function comeAs(login: string, button = 'Authorize'): Promise<void> {
  await page.goto(`${world.url}/page/apps`)
  await page.getByRole('link', { name: 'Sign in with GitHub' }).click()
  await page.getByLabel('Username').fill(login)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: button }).click()
}

const ours = async () =>
  (await context.cookies(world.url)).map(({ name, sameSite }) => `${name} ${sameSite}`)

test('who is named comes in, and the page goes on by itself with a cookie that no other site sends', async () => {
  await comeAs('OctoCat')
  await page.waitForURL('**/page/apps')
  await page.getByText('github:octocat').waitFor()
  expect(await ours()).toEqual(['deploy-receiver Strict'])
  expect(await page.getByText('looks only').count()).toBe(0)
  // nobody who is named needs to be looked for in a team
  expect(github.asked).toEqual(['POST /login/oauth/access_token', 'GET /user'])
  await page.getByRole('link', { name: 'api', exact: true }).click()
  await page.getByRole('link', { name: 'Deploy', exact: true }).waitFor()

  // whoever let the app in before comes in again without a word
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in with GitHub' }).click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.waitForURL('**/page/apps')
})

test('a member of a team comes in, and of one that may look alone, to look', async () => {
  await comeAs('ada')
  await page.getByText('github:ada').waitFor()
  await page.goto(`${world.url}/page/apps/api`)
  await page.getByRole('link', { name: 'Deploy', exact: true }).waitFor()

  await context.clearCookies()
  await comeAs('bob')
  await page.getByText('github:bob · looks only').waitFor()
  await page.goto(`${world.url}/page/apps/api`)
  await page.getByText('How it is deployed').waitFor()
  expect(await page.getByRole('link', { name: 'Deploy', exact: true }).count()).toBe(0)
})

test('who is on no list stays outside, and is told why', async () => {
  await comeAs('mallory')
  await page.getByText('names neither you nor a team that GitHub shows you in').waitFor()
  expect(await ours()).toEqual([])
  await page.goto(`${world.url}/page/apps`)
  expect(page.url()).toContain('/page/sign-in')
})

test('who tells GitHub not to is told so', async () => {
  await comeAs('octocat', 'Cancel')
  await page.getByText('GitHub was told not to sign you in.').waitFor()
  expect([await ours(), github.asked]).toEqual([[], []])
})

test('an answer with the state of somebody else, or a second time, signs nobody in', async () => {
  await page.goto(`${world.url}/page/sign-in`)
  await page.goto(`${world.url}/page/github/callback?code=of-mallory&state=${'x'.repeat(43)}`)
  await page.getByText('was not asked for here').waitFor()
  github.state = 'y'.repeat(43)
  await comeAs('octocat')
  await page.getByText('was not asked for here').waitFor()
  expect([await ours(), github.asked]).toEqual([[], []])

  github.state = undefined
  const came = page.waitForRequest('**/page/github/callback*')
  await page.getByRole('link', { name: 'Sign in with GitHub' }).click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  const used = (await came).url()
  await page.waitForURL('**/page/apps')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.goto(used)
  await page.getByText('was not asked for here').waitFor()
  expect(await ours()).toEqual([])
})

test('a GitHub that is slow is waited for, and one that fails or says nothing is told of', async () => {
  github.fault = 'slow'
  await comeAs('octocat')
  await page.getByText('github:octocat').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()

  for (const [fault, said, why] of [
    ['broken', 'GitHub did not answer as it should', 'GitHub answered 500 when asked for a token'],
    ['silent', 'GitHub did not answer within 20 s', 'TimeoutError'],
  ] as const) {
    github.fault = fault
    failed = []
    await page.getByRole('link', { name: 'Sign in with GitHub' }).click()
    await page.getByRole('button', { name: 'Authorize' }).click()
    await page.getByRole('alert').getByText(said).waitFor()
    expect(failed).toEqual([expect.stringContaining(why)])
    expect(await ours()).toEqual([])
  }
  github.fault = undefined
  await page.getByRole('link', { name: 'Sign in with GitHub' }).click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.getByText('github:octocat').waitFor()
})
