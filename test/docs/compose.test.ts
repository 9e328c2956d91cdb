// @module-tag long
import { onThisMachine } from '../../receiver/core/app.ts'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { asModel } from '../../receiver/config/compose/model.ts'
import { proposeApp } from '../../receiver/config/compose/propose.ts'
import { isUnfit } from '../../receiver/config/compose/roles.ts'
import { sourceId } from '../../receiver/config/compose/source.ts'
import { loadConfig } from '../../receiver/config/load.ts'
import { ConfigError } from '../../receiver/config/problems.ts'
import { ComposeError } from '../../receiver/edges/compose/run.ts'
import { readProject } from '../../receiver/edges/compose/read-project.ts'
import { readConfig } from '../../receiver/serve/read-config.ts'
import { blocksOf } from './blocks-of.ts'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'test/receiver/config/compose/public')
const PAGE = readFileSync(join(ROOT, 'docs/compose.md'), 'utf8')
const env = { PATH: process.env['PATH'], HOME: '/root' }

/** Where two services are for visitors, the one that has more to it. */
const NAMED: Readonly<Record<string, string>> = {
  agile: 'boards-back',
  assistant: 'api',
  forum: 'forum',
  newsletter: 'app',
  template: 'backend',
  tracker: 'track-api',
}

const FILES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(FOLDER, name))

/** What becomes of a project, as the page says it. */
async function rowOf(file: string): Promise<string> {
  const [kind = ''] = readFileSync(file, 'utf8').split('\n', 1)
  const [outcome, what] = await outcomeOf(file).catch((error: unknown): [string, string] => {
    if (error instanceof ComposeError) return ['no', error.message.replaceAll(`${FOLDER}/`, '')]
    if (error instanceof ConfigError) {
      return ['no', error.problems.map(({ message }) => message).join('; ')]
    }
    throw error
  })
  return `| ${kind.slice('# '.length)} | ${outcome} | ${what} |`
}

async function outcomeOf(file: string): Promise<[string, string]> {
  const source = { files: [file], profiles: [] }
  const read = await readProject(source, env)
  const proposed = proposeApp(asModel(read.json), NAMED[basename(file, '.yaml')])
  if (isUnfit(proposed)) return ['no', proposed.message]
  const { service, repository = 'ghcr.io/acme/built' } = proposed
  const app = { image: repository, compose: { file, service } }
  const { app: loaded } = loadConfig(join(FOLDER, 'config.yaml'), env, undefined, {
    text: stringify({ url: 'https://d.example', apps: { app } }),
    projects: new Map([[sourceId(source), read]]),
  }).apps
  const project = loaded && onThisMachine(loaded).project
  if (project === undefined) throw new Error(`${file} is no project`)
  const names = (services: readonly { name: string }[]) => services.map(({ name }) => name)
  const others = [
    ['before it', names(project.oneOffs)],
    ['after it', names(project.workers)],
    ['waits for', project.dependencies.map((each) => each.service)],
  ] as const
  return [
    'yes',
    [
      service,
      ...others.flatMap(([what, which]) =>
        which.length === 0 ? [] : `${what}: ${which.join(', ')}`,
      ),
    ].join('; '),
  ]
}

/** Without what makes columns of it. */
const plain = (row: string) => row.replaceAll(/ +/g, ' ').replaceAll('\\|', '|')

test('there are thirty projects, none of them long', () => {
  expect(FILES).toHaveLength(30)
  for (const file of FILES) {
    expect(readFileSync(file, 'utf8').split('\n').length, file).toBeLessThanOrEqual(61)
  }
})

test('what the page says of each of them is so', async () => {
  const rows: string[] = []
  // each has Compose read it: two at a time
  for (let at = 0; at < FILES.length; at += 2) {
    rows.push(...(await Promise.all(FILES.slice(at, at + 2).map(rowOf))))
  }
  const shown = new Set(PAGE.split('\n').map(plain))
  expect(rows.filter((row) => !shown.has(plain(row)))).toEqual([])
})

test('what the page shows of previews is taken, with the Compose file of the page', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'docs-compose-'))
  try {
    const [, compose = '', config = '', further = ''] = blocksOf(PAGE, 'yaml')
    const files = {
      'compose.yaml': compose,
      'preview.yaml': further,
      'preview.env': 'DB_PASSWORD=of-previews\n',
      'previews.htpasswd': 'ops:{PLAIN}open sesame\n',
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
    const here = (text: string) =>
      text.replaceAll(/\/(?:srv\/shop|etc\/deploy-receiver)\//g, `${dir}/`)
    const [, remedy = ''] = /^# (compose: .*)$/m.exec(further) ?? []
    const ways = [config, config.replace(/compose: \{ env_file.*/, () => remedy)]
    for (const way of ways) {
      writeFileSync(join(dir, 'config.yaml'), `url: https://d.example\n${here(way)}`)
      const { apps } = (
        await readConfig(join(dir, 'config.yaml'), { ...env, PREVIEW_DB_PASSWORD: 'of-previews' })
      ).config
      expect(apps['shop']?.previews?.app.project?.apart?.services['db']).toMatchObject({
        environment: { POSTGRES_USER: 'shop', POSTGRES_PASSWORD: 'of-previews' },
        volumes: [{ source: 'rows' }],
      })
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('the config and the Compose file of the page belong together', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'docs-compose-'))
  try {
    const [config = '', compose = ''] = blocksOf(PAGE, 'yaml')
    writeFileSync(join(dir, 'compose.yaml'), compose)
    writeFileSync(join(dir, 'config.yaml'), config.replace('/srv/shop/', `${dir}/`))
    const { apps } = (await readConfig(join(dir, 'config.yaml'), env)).config
    expect(apps['shop']).toMatchObject({
      image: { repository: 'ghcr.io/acme/shop' },
      port: 8000,
      project: {
        oneOffs: [{ name: 'migrate' }],
        workers: [{ name: 'worker' }],
        dependencies: [{ service: 'db', condition: 'service_healthy' }],
      },
    })
  } finally {
    rmSync(dir, { recursive: true })
  }
})
