import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { loadConfig } from '../../receiver/config/load.ts'
import { fencedOf } from './fenced.ts'

type Keys = Record<string, unknown>

const ROOT = join(import.meta.dirname, '../..')
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const { inputs } = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as { inputs: Keys }

/** Pages whose blocks are looked at elsewhere: Compose reads these. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/compose.md': 'test/docs/compose.test.ts',
}

const OF_THE_RECEIVER = new Set([
  'url',
  'tls',
  'nginx',
  'registries',
  'apps',
  'data',
  'read_tokens',
  'page',
  'listen',
  'admin',
  'network',
  'trusted_proxies',
  'rate_limit',
  'log_level',
  'access_log',
  'notify',
  'github_app',
  'fleet',
])

/** As good for a token as for a password. */
const A_VALUE = 'q8Zt3LwXc0Vn7RbYk2MfHd5s'
const A_SECRET = `whsec_${randomBytes(32).toString('base64')}`
/** Of those that have to be something else. */
const VALUES: Readonly<Record<string, string>> = {
  API_HOOK_SECRET: A_SECRET,
  PAGER_SECRET: A_SECRET,
  SLACK_WEBHOOK: 'https://hooks.slack.com/services/T/B/x',
  GITHUB_APP_KEY: generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey,
}
const A_PUBLIC_KEY = `whpk_${randomBytes(32).toString('base64')}`

const dir = mkdtempSync(join(tmpdir(), 'docs-configs-'))
afterAll(() => rmSync(dir, { recursive: true }))

interface Shown {
  what: string
  keys: Keys
  text: string
}

/** What the pages show of a config, and of inputs of the Action. Workflows have steps; test/docs/workflows.test.ts is about them. */
const shown: Shown[] = []
const given: Shown[] = []
for (const page of PAGES.filter((each) => !Object.hasOwn(ELSEWHERE, each))) {
  for (const [at, { language, text }] of fencedOf(
    readFileSync(join(ROOT, page), 'utf8'),
  ).entries()) {
    if (language !== 'yaml' && language !== 'yml') continue
    const keys = parse(text) as Keys | unknown[]
    const what = `${page}, block ${at + 1}`
    if (Array.isArray(keys) || ['steps', 'jobs', 'on', 'permissions'].some((key) => key in keys))
      continue
    if (page === 'docs/action.md' || text.includes('${{')) given.push({ what, keys, text })
    else if (!('tunnel' in keys)) shown.push({ what, keys, text })
  }
}

/** With what a page leaves out because each config has it. */
function whole(keys: Keys): Keys {
  const isApp = !Object.keys(keys).some((key) => OF_THE_RECEIVER.has(key)) && keys['site'] !== false
  const { apps = { api: {} }, ...rest } = isApp ? { apps: { api: keys } } : keys
  const all = Object.entries(apps as Record<string, Keys>).map(([name, app]) => [
    name,
    { image: `ghcr.io/acme/${name}`, ...app },
  ])
  return { url: 'https://deploy.example.com', ...rest, apps: Object.fromEntries(all) as Keys }
}

test.for(shown)('$what is a config that the receiver takes', ({ keys, text }) => {
  const file = join(dir, 'config.yaml')
  const config = stringify(whole(keys))
    .replaceAll('whpk_…', A_PUBLIC_KEY)
    .replaceAll('/srv/', `${dir}/`)
  writeFileSync(file, config)
  writeFileSync(join(dir, 'api.env'), '')
  const variables = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => [
    name,
    VALUES[name] ?? A_VALUE,
  ])
  const env = { ...Object.fromEntries(variables), CREDENTIALS_DIRECTORY: dir }
  expect(() => loadConfig(file, env)).not.toThrow()
})

test.for(given)('$what gives the Action inputs that it has', ({ keys }) => {
  expect(Object.keys(keys).filter((name) => !Object.hasOwn(inputs, name))).toEqual([])
})
