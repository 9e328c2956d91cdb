import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import type { AppLine } from '../../receiver/http/page/apps.ts'
import { type PageWorld, startPageWorld } from '../../test/support/page-world.ts'

const USAGE = `usage: node script/screens/page.ts [--docs]

  What the page looks like in Chromium, in light and dark and on a phone: out/page/. With --docs also the pictures in docs/images/.`

const OUT = fileURLToPath(new URL('../../out/page', import.meta.url))
const DOCS = fileURLToPath(new URL('../../docs/images', import.meta.url))
const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1120 },
  { name: 'dark', colorScheme: 'dark', width: 1120 },
  { name: 'phone', colorScheme: 'light', width: 360 },
] as const
/** Of these there are pictures in the documentation. */
const SHOWN = ['apps', 'deployment']

const APPS = ['api', 'billing', 'docs', 'imports', 'search', 'shop', 'web', 'worker']
const MESSAGES = [
  'Explain holds in the guide',
  'Import from CSV',
  'Rank by popularity',
  'Basket keeps its items',
  'Dark scheme',
  'Queue with priorities',
  'Retry the webhook when the other side is away for a moment',
  'Pay out daily',
]
const PEOPLE = ['ada', 'grace', 'linus']
const LOG = [
  'Starting billing 1.4.0',
  'Connecting to postgres://db:5432/ledger',
  'error: relation "ledger_v2" does not exist',
  '    at Parser.parseErrorMessage (pg-protocol/parser.js:283)',
  'GET /healthz 503 2 ms',
]

/** A small company's machine on an ordinary day: one failed, one is under way, one is stopped, one is in maintenance. */
function live(world: PageWorld): Record<string, string> {
  const { services } = world
  const [api] = [...services.apps.values()]
  if (api === undefined) throw new Error('there is an app')
  const apps = new Map(
    APPS.map((name) => [
      name,
      {
        ...api,
        domains: [`${name}.example.com`],
        spec: { ...api.spec, name, image: { repository: `ghcr.io/acme/${name}`, tag: 'latest' } },
      },
    ]),
  )
  const health: AppLine['health'] = { containers: 1, running: 1, restarts: 0 }
  const answer = (app: string) => ({
    healthy: true,
    text: 'GET /healthz answered 200: {"status":"ok","database":"ok"}',
    ms: 5 + (app.length % 6),
  })
  Object.assign(services, {
    apps,
    version: '1.0.0',
    pageHealth: async (app: string) => ({ ...health, answer: answer(app) }),
    stoppedSince: (app: string) => (app === 'imports' ? '2026-11-26T09:12:00Z' : undefined),
    maintenanceSince: (app: string) => (app === 'shop' ? '2026-11-26T09:30:00Z' : undefined),
  })
  services.readLogs = async function* readLogs() {
    yield { kind: 'of', deployment: 'dep_1', replicas: 1, from: 'containers' }
    for (const [at, text] of LOG.entries()) {
      yield { kind: 'line', replica: 1, at: `2026-11-27T06:00:0${at}.000000000Z`, text }
    }
  }
  let digit = 0
  const deploy = (app: string, tag: string, more: Parameters<PageWorld['deploy']>[1] = {}) => {
    digit += 1
    world.clock.ms += 3_600_000
    return world.deploy(app, {
      tag,
      digit: (digit % 16).toString(16),
      message: MESSAGES[digit % MESSAGES.length] ?? '',
      actor: PEOPLE[digit % PEOPLE.length] ?? '',
      ...more,
    })
  }
  for (const tag of ['v1.2.0', 'v1.3.0']) for (const app of APPS) deploy(app, tag)
  world.clock.ms = Date.now() - 40 * 60_000
  const failed = world.deploy('billing', {
    tag: 'v1.4.0',
    digit: 'c',
    message: 'Use the new ledger',
    actor: 'grace',
    ends: 'failed',
    log: LOG,
  })
  for (const [at, tag] of ['v1.4.0', 'v1.5.0', 'v1.6.0', 'v1.7.0'].entries()) {
    world.deploy('api', {
      tag,
      digit: ['a', 'b', 'd', 'e'][at] ?? 'a',
      message: MESSAGES[at] ?? '',
      actor: PEOPLE[at % 3] ?? '',
    })
  }
  const good = world.deploy('api', {
    tag: 'v1.6.0',
    digit: 'd',
    actor: 'ada',
    action: 'rollback',
  })
  world.clock.ms = Date.now() - 8000
  world.deploy('search', {
    tag: 'v1.4.0',
    digit: 'f',
    message: 'Stem German words',
    actor: 'linus',
    ends: 'running',
  })
  world.clock.ms = Date.now()
  return {
    apps: '/apps',
    app: '/apps/api',
    deployment: `/deployments/${failed}`,
    good: `/deployments/${good}`,
    log: '/apps/api/logs',
    confirm: '/apps/api/do/stop',
    requests: '/requests',
    sessions: '/sessions',
    'sign-in': '/sign-in',
  }
}

async function shoot(browser: Browser, world: PageWorld, pages: Record<string, string>) {
  for (const { name, colorScheme, width } of LOOKS) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 620 } })
    const page = await context.newPage()
    await page.goto(world.link())
    await page.screenshot({ path: join(OUT, `link-${name}.png`) })
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/page/apps')
    for (const [what, path] of Object.entries(pages)) {
      await page.goto(`${world.url}/page${path}`)
      await page.screenshot({ path: join(OUT, `${what}-${name}.png`), fullPage: true })
    }
    await context.close()
  }
}

if (process.argv.includes('--help')) console.log(USAGE)
else {
  mkdirSync(OUT, { recursive: true })
  const world = await startPageWorld()
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  try {
    await shoot(browser, world, live(world))
  } finally {
    await browser.close()
    await world.stop()
  }
  if (process.argv.includes('--docs')) {
    for (const what of SHOWN) {
      for (const look of ['light', 'dark']) {
        copyFileSync(join(OUT, `${what}-${look}.png`), join(DOCS, `page-${what}-${look}.png`))
      }
    }
  }
}
