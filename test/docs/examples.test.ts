import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { initCommand } from '../../receiver/cli/init.ts'
import { loadConfig } from '../../receiver/config/load.ts'

// their types would bring those of a browser to all sources
const require = createRequire(import.meta.url)
const { format } = require('@cdktn/hcl-tools') as { format: (text: string) => Promise<string> }
const { parse: parseHcl } = require('@cdktn/hcl2json') as {
  parse: (file: string, text: string) => Promise<unknown>
}

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, 'examples', file), 'utf8')
const dir = mkdtempSync(join(tmpdir(), 'examples-'))
afterAll(() => rmSync(dir, { recursive: true }))

interface Hcl {
  variable?: Record<string, { default?: unknown }[]>
  module?: Record<string, Record<string, unknown>[]>
}

test('what Terraform reads is right, and formatted as it does', async () => {
  const files = globSync(['terraform/*/*.tf', 'balancers/*.tf'], { cwd: join(ROOT, 'examples') })
  expect(files.length).toBeGreaterThan(8)
  for (const file of files) {
    const text = read(file)
    await expect(parseHcl(file, text), file).resolves.toBeDefined()
    expect(await format(text), file).toBe(text)
  }
})

test.for(['hetzner', 'aws', 'azure', 'google'])(
  'the VM at %s gives the user data all that they need, and uses its variables',
  async (provider) => {
    const main = read(`terraform/${provider}/main.tf`)
    const variables = read(`terraform/${provider}/variables.tf`)
    const { variable = {} } = (await parseHcl('variables.tf', variables)) as Hcl
    const named = new Set([...main.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name))
    expect(new Set(Object.keys(variable))).toEqual(named)

    const shared = (await parseHcl('main.tf', read('terraform/user-data/main.tf'))) as Hcl
    const { module = {} } = (await parseHcl('main.tf', main)) as Hcl
    const [{ source, ...given } = {}] = module['user_data'] ?? []
    const wanted = Object.entries(shared.variable ?? {})
    expect(source).toBe('../user-data')
    expect(wanted.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(given)))
    const needed = wanted.flatMap(([name, [of]]) => (of?.default === undefined ? [name] : []))
    expect(Object.keys(given)).toEqual(expect.arrayContaining(needed))
  },
)

test('the user data set all that the script asks for, and call `init` by options that it has', () => {
  const { write_files: files } = parse(read('cloud-init/user-data.yaml')) as {
    write_files: { path: string; content: string }[]
  }
  const [settings = '', script = ''] = files.map(({ content }) => content)
  execFileSync('sh', ['-n'], { input: script })
  const set = [...settings.matchAll(/^([A-Z]+)='/gm)].map(([, name]) => name)
  const asked = new Set([...script.matchAll(/\$([A-Z]+)\b/g)].map(([, name]) => name))
  expect(new Set(set)).toEqual(asked)
  // those that Terraform writes in their place
  const written = [...read('terraform/user-data/main.tf').matchAll(/^ +([A-Z]+)='/gm)]
  expect(written.map(([, name]) => name)).toEqual(set)

  const call = script.slice(script.indexOf('deploy-receiver init'), script.indexOf('[ -z'))
  const options = initCommand().options.map(({ long }) => long)
  expect(options).toEqual(expect.arrayContaining(call.match(/--[a-z-]+/g) ?? []))
})

const inventory = parse(read('ansible/inventory.yml')) as {
  deploy_receivers: { vars: Record<string, unknown> }
}
test.for([
  ['ansible/inventory.yml', inventory.deploy_receivers.vars['deploy_receiver_config']],
  ['compose/config/config.yaml', parse(read('compose/config/config.yaml'))],
] as const)('the config of %s is one that the receiver takes', ([file, config]) => {
  const path = join(dir, `${basename(dirname(file))}.yaml`)
  writeFileSync(path, stringify(config))
  expect(() => loadConfig(path, { GHCR_TOKEN: 'q8Zt3LwXc0Vn7RbYk2Mf' })).not.toThrow()
})
