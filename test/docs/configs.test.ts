import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { loadConfig } from '../../receiver/config/load.ts'
import { blocksOf } from './blocks-of.ts'

type Keys = Record<string, unknown>

const ROOT = join(import.meta.dirname, '../..')
const PAGES = [
  'README.md',
  ...['config', 'https', 'install', 'notifications', 'registries', 'sites', 'swap'].map(
    (name) => `docs/${name}.md`,
  ),
]
const OF_THE_RECEIVER = new Set([
  'url',
  'tls',
  'nginx',
  'registries',
  'apps',
  'data',
  'read_tokens',
  'notify',
  'github_app',
])

/** As good for a key as for a password. */
const A_VALUE = 'q8Zt3LwXc0Vn7RbYk2Mf'
/** Of those that have to be something else. */
const VALUES: Readonly<Record<string, string>> = {
  SLACK_WEBHOOK: 'https://hooks.slack.com/services/T/B/x',
  PAGER_SECRET: `whsec_${Buffer.alloc(24, 'p').toString('base64')}`,
  GITHUB_APP_KEY: generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey,
}

const dir = mkdtempSync(join(tmpdir(), 'docs-configs-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** What the pages show of a config. Workflows have steps; of others it is seen by its keys whether it is a whole or an app's. */
const shown = PAGES.flatMap((page) =>
  blocksOf(readFileSync(join(ROOT, page), 'utf8'), 'yaml').flatMap((text, at) => {
    const keys = parse(text) as Keys | unknown[]
    return Array.isArray(keys) || 'steps' in keys || 'jobs' in keys || 'on' in keys
      ? []
      : [{ what: `${page}, block ${at + 1}`, keys, text }]
  }),
)

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
  writeFileSync(file, stringify(whole(keys)))
  writeFileSync(join(dir, 'api.env'), '')
  const variables = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => [
    name,
    VALUES[name] ?? A_VALUE,
  ])
  const env = { ...Object.fromEntries(variables), CREDENTIALS_DIRECTORY: dir }
  expect(() => loadConfig(file, env)).not.toThrow()
})
