import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { backUp } from '../../../receiver/serve/backup/backup.ts'
import { planRestore } from '../../../receiver/serve/backup/restore.ts'
import { parseManifest } from '../../../receiver/serve/backup/manifest.ts'
import { createRedactor } from '../../../receiver/core/redaction/redactor.ts'
import { createSlots } from '../../../receiver/edges/slots.ts'
import { takeStoreOver } from '../../../receiver/edges/store/upgrade.ts'
import { openStore } from '../../../receiver/serve/open-store.ts'
import { storePlace } from '../../../receiver/serve/machine.ts'
import { settingsOf } from '../../../receiver/core/app.ts'
import { APP, DIGEST } from '../../support/fake-world.ts'
import { createFakeClock } from '../../support/fakes/clock.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const SUBNET = '10.213.0.0/24'

let dir: string
let config: string
let data: string
let file: string
const at = (...parts: string[]) => join(dir, ...parts)

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-backup-'))
  config = at('etc/config.yaml')
  data = at('data')
  file = at('backup.tar.gz')
  write('etc/config.yaml', CONFIG(dir))
  write('etc/env', 'TOKEN=correct-horse-battery\n')
  write('etc/ghcr', 'a password')
  write('etc/pages/500.html', '<p>oh</p>', 0o644)
  write('letsencrypt/accounts/ca/directory/1/private_key.json', '{}')
  write('letsencrypt/renewal/deploy-receiver.api.conf', 'archive_dir = x')
  for (const name of ['deploy-receiver.api', 'somebody.example']) {
    write(`letsencrypt/archive/${name}/fullchain1.pem`, name)
    mkdirSync(at('letsencrypt/live', name), { recursive: true, mode: 0o700 })
    symlinkSync(
      `../../archive/${name}/fullchain1.pem`,
      at('letsencrypt/live', name, 'fullchain.pem'),
    )
  }
  write('srv/api/x', 'data')
  fill()
})
afterEach(() => rmSync(dir, { recursive: true }))

const CONFIG = (root: string) => `
url: https://deploy.example.com
data: ${root}/data
socket: ${root}/none.sock
tls: { email: ops@example.com, directory: ${root}/letsencrypt }
registries:
  ghcr.io: { username: acme, password_file: ghcr }
apps:
  api:
    image: ghcr.io/acme/api
    domains: [api.example.com]
    volumes: [api-data:/data, '${root}/srv/api:/srv']
    environment: { TOKEN: '\${TOKEN}' }
    site: { error_pages: { 500: pages/500.html } }
  web: { image: ghcr.io/acme/web, domains: [web.example.com] }
`

function write(name: string, content: string, mode = 0o600): void {
  mkdirSync(dirname(at(name)), { recursive: true })
  writeFileSync(at(name), content)
  chmodSync(at(name), mode)
}

const open = () =>
  openStore(storePlace(data, { subnet: SUBNET }), {
    clock: createFakeClock(),
    log: () => {},
    redactor: createRedactor({ common: [], apps: {} }),
  })

/** An app with data and one without are live, and one more deployment waits. */
function fill(): void {
  const store = open()
  store.installation.take('0123456789abcdef')
  for (const app of ['api', 'web']) {
    const image = { repository: `ghcr.io/acme/${app}`, digest: DIGEST.one }
    store.journal.add(deployment(`dep_${app}`, app, image))
    const when = NOW.toISOString()
    const settings = settingsOf({ ...APP, name: app })
    store.journal.append(`dep_${app}`, { type: 'started', at: when }, { settings })
    store.journal.append(`dep_${app}`, { type: 'live', at: when }, { live: true })
    store.journal.append(`dep_${app}`, { type: 'finished', at: when, status: 'succeeded' })
    createSlots(data).makeLive(app, app === 'api' ? 'green' : 'blue')
  }
  store.record.addVolumes('api', [{ path: '/var/lib/x', replica: 1, volume: 'deploy_api_x' }])
  store.journal.add(
    deployment('dep_waits', 'web', { repository: 'ghcr.io/acme/web', digest: DIGEST.two }),
  )
  store.database.close()
}

const deployment = (id: string, app: string, image: { repository: string; digest: string }) => ({
  id,
  app,
  action: 'deploy' as const,
  status: 'queued' as const,
  image,
  source: {},
  created_at: NOW.toISOString(),
  steps: [],
})

const environment = { TOKEN: 'correct-horse-battery' }
const back = () => backUp(file, { config, environment, askStore: async () => undefined, now: NOW })
/** An engine that has these volumes, and perhaps what an installation made. */
const engine = (volumes: readonly string[] = [], made = '') => ({
  bears: async (installation: string) => installation === made,
  missingVolumes: async (names: readonly string[]) =>
    names.filter((name) => !volumes.includes(name)),
})
const plan = (options: Partial<Parameters<typeof planRestore>[1]> = {}) =>
  planRestore(file, {
    config,
    environment,
    withoutData: false,
    now: NOW,
    engine: engine(),
    ...options,
  })
/** The machine is another one. */
function moveOn(): void {
  for (const name of ['etc', 'data', 'letsencrypt', 'srv']) rmSync(at(name), { recursive: true })
}
const modeOf = (name: string) => statSync(at(name)).mode & 0o7777

test('a backup is one file for its owner alone, and says what is not in it', async () => {
  const { files, apps, missing } = await back()
  expect(modeOf('backup.tar.gz')).toBe(0o600)
  expect(files.map((each) => each.slice(dir.length + 1)).toSorted()).toEqual([
    'data/settings.key',
    'etc/config.yaml',
    'etc/env',
    'etc/ghcr',
    'etc/pages/500.html',
    'letsencrypt/accounts/ca/directory/1/private_key.json',
    'letsencrypt/archive/deploy-receiver.api/fullchain1.pem',
    'letsencrypt/live/deploy-receiver.api/fullchain.pem',
    'letsencrypt/renewal/deploy-receiver.api.conf',
  ])
  expect(apps.map(({ app, data: its }) => [app, its])).toEqual([
    ['api', ['api-data', at('srv/api'), 'deploy_api_x']],
    ['web', []],
  ])
  expect(missing).toEqual([])
  // nothing is left beside it
  expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([])
  // the tar of every system reads it
  const names = gunzipSync(readFileSync(file)).toString('latin1')
  expect(names).toContain('manifest.json')
})

test('on a new machine all of it is in its place, and what has data waits for that', async () => {
  const before = new Map((await back()).files.map((path) => [path, readFileSync(path, 'latin1')]))
  moveOn()
  const restore = await plan()
  expect(restore.inTheWay).toEqual([])
  expect(existsSync(config)).toBe(false)
  expect(await restore.run()).toEqual([])
  for (const [path, content] of before) expect(readFileSync(path, 'latin1')).toBe(content)
  expect([modeOf('etc/env'), modeOf('etc/pages/500.html')]).toEqual([0o600, 0o644])
  expect(readlinkSync(at('letsencrypt/live/deploy-receiver.api/fullchain.pem'))).toBe(
    '../../archive/deploy-receiver.api/fullchain1.pem',
  )
  const slots = createSlots(data)
  expect([slots.live('api'), slots.live('web')]).toEqual(['green', 'blue'])
  const store = open()
  expect(store.journal.liveApps()).toEqual(['api', 'web'])
  // its settings can be read: the key is its own
  expect(store.journal.settings('dep_api')).toBeDefined()
  expect(store.record.stopped('api')).toMatchObject({
    isStarting: false,
    awaits: ['api-data', 'deploy_api_x', at('srv/api')],
  })
  expect(store.record.stopped('web')).toBeUndefined()
  // what waited there is over: its sender heard of another machine
  expect(store.journal.get('dep_waits')?.deployment.status).toBe('superseded')
  // two machines never bear one id
  expect(store.installation.id()).toMatch(/^(?!0123456789abcdef)[0-9a-f]{16}$/)
  store.database.close()
})

test('data that is there already is not waited for, nor any that nobody wants', async () => {
  await back()
  moveOn()
  mkdirSync(at('srv/api'), { recursive: true })
  const all = await plan({ engine: engine(['api-data', 'deploy_api_x']) })
  expect(all.apps.map(({ awaits }) => awaits)).toEqual([[], []])
  all.drop()
  const none = await plan({ withoutData: true })
  expect(none.apps.map(({ awaits }) => awaits)).toEqual([[], []])
  await none.run()
  const store = open()
  expect(store.record.stopped('api')).toBeUndefined()
  store.database.close()
})

test('over an installation it says what is there, and keeps the store and the flags that visitors go by', async () => {
  await back()
  createSlots(data).makeLive('api', 'blue')
  const restore = await plan({ engine: engine([], '0123456789abcdef') })
  expect(restore.inTheWay).toContain(config)
  expect(restore.inTheWay).toContain(join(data, 'deploy-receiver.db'))
  // of a version that did not come up: the next start would put its copy back
  takeStoreOver(join(data, 'deploy-receiver.db'), '9.9.9')
  await restore.run()
  expect(existsSync(join(data, 'upgrade.json'))).toBe(false)
  expect(createSlots(data).live('api')).toBe('blue')
  expect(existsSync(join(data, 'deploy-receiver.db.replaced'))).toBe(true)
  const store = open()
  // what it made runs on this engine
  expect(store.installation.id()).toBe('0123456789abcdef')
  // somebody has the store now
  await expect(plan()).rejects.toThrow('is in use')
  await expect(back()).rejects.toThrow('is in use')
  store.database.close()
  await expect(plan({ config: at('else.yaml') })).rejects.toThrow(`belongs to ${config}`)
})

describe('a backup that is not what it says', () => {
  /** Of the entries of a right one, others. */
  async function forge(change: (entries: Entry[], manifest: Manifest) => Entry[] | void) {
    const entries = await readAll(readFileSync(file))
    const manifest = JSON.parse(entries[0]?.content.toString() ?? '') as Manifest
    const changed = change(entries, manifest) ?? entries
    const [first] = changed
    if (first?.name === 'manifest.json') first.content = Buffer.from(JSON.stringify(manifest))
    const archive = pack()
    for (const { name, content, ...more } of changed) {
      archive.entry({ name, size: content.byteLength, ...more }, content)
    }
    archive.finalize()
    writeFileSync(file, gzipSync(await buffer(archive)))
  }
  interface Entry {
    name: string
    content: Buffer
    type?: 'symlink' | 'link' | 'directory'
    linkname?: string
  }
  type Manifest = ReturnType<typeof parseManifest>
  const named = (manifest: Manifest, end: string) => {
    const found = manifest.files.find(({ path }) => path.endsWith(end))
    if (found === undefined) throw new Error(end)
    return found
  }

  const CASES: Record<string, [RegExp, Parameters<typeof forge>[0]]> = {
    'a path upwards': [/plain absolute/, (_, m) => void (named(m, '/env').path = '/etc/../root/x')],
    'a relative path': [/plain absolute/, (_, m) => void (named(m, '/env').path = 'etc/x')],
    'a path with a line break': [
      /plain absolute/,
      (_, m) => void (named(m, '/env').path = '/a\nb'),
    ],
    'a place of the kernel': [
      /no file to keep/,
      (_, m) => void (named(m, '/env').path = '/proc/x'),
    ],
    'a file within a file': [
      /lies in a file/,
      (_, m) => void (named(m, '/env').path = join(m.config, 'x')),
    ],
    'a file twice': [/in it twice/, (_, m) => void (named(m, '/env').path = m.config)],
    'the store as a file': [
      /in it twice/,
      (_, m) => void (named(m, '/env').path = join(m.data, 'deploy-receiver.db')),
    ],
    'a link elsewhere': [
      /where none of Certbot's does/,
      (_, m) => {
        for (const link of m.links) link.to = '/etc/shadow'
      },
    ],
    'a link at another place': [
      /where none of Certbot's does/,
      (_, m) => {
        for (const link of m.links) link.path = join(m.data, 'x')
      },
    ],
    'more than it says': [
      /where nothing is due/,
      (all) => [...all, { name: 'files/etc/x', content: Buffer.from('x') }],
    ],
    'less than it says': [/is missing/, (all) => all.slice(0, -1)],
    'another order': [/is due/, (all) => [...all.slice(0, 1), ...all.slice(1).toReversed()]],
    'another size': [
      /is due/,
      (all) => [...all.slice(0, -1), { name: all.at(-1)?.name ?? '', content: Buffer.from('y') }],
    ],
    'another content': [/not what was written/, (all) => void all.at(-1)?.content.fill(0x21)],
    'another store': [/not what was written/, (all) => void all[1]?.content.fill(0, 100, 200)],
    'a link in the archive': [
      /symlink, where files alone/,
      (all) => [
        ...all.slice(0, 1),
        { name: 'store.db', content: Buffer.alloc(0), type: 'symlink', linkname: '/etc' },
      ],
    ],
    'a newer format': [/newer deploy-receiver/, (_, m) => void ((m.format as number) = 2)],
    'nothing first': [/it begins with/, (all) => all.slice(1)],
    'a mode that is none': [/mode/, (_, m) => void (named(m, '/env').mode = 0o100644)],
    'an owner that is none': [/owner/, (_, m) => void (named(m, '/env').owner = '../x')],
  }
  test('is refused before anything is changed', async () => {
    await back()
    const right = readFileSync(file)
    moveOn()
    for (const [what, [why, change]] of Object.entries(CASES)) {
      writeFileSync(file, right)
      await forge(change)
      await expect(plan(), what).rejects.toThrow(why)
      expect(readdirSync(dir), what).toEqual(['backup.tar.gz'])
    }
  })

  test('gives no file a right to run, or to more than its owner had', async () => {
    await back()
    await forge((_, m) => void (named(m, '/env').mode = 0o6755))
    moveOn()
    await (await plan()).run()
    expect(modeOf('etc/env')).toBe(0o644)
  })

  test('one that is cut off, packed without end, or none at all is refused', async () => {
    await back()
    const whole = readFileSync(file)
    for (const [content, why] of [
      [whole.subarray(0, whole.byteLength / 2), /cannot be read|can be read/],
      [gzipSync(Buffer.alloc(64 * 1024 * 1024)), /can be read/],
      [Buffer.from('hello'), /can be read/],
      [gzipSync(''), /can be read/],
    ] as const) {
      writeFileSync(file, content)
      await expect(plan()).rejects.toThrow(why)
    }
  })
})

async function readAll(archive: Buffer) {
  const { extract } = await import('tar-stream')
  const reading = extract()
  reading.end(gunzipSync(archive))
  const entries: { name: string; content: Buffer }[] = []
  for await (const entry of reading) {
    entries.push({ name: entry.header.name, content: await buffer(entry) })
  }
  return entries
}

test('of a Compose project its files are in it, and the app waits for the data of all of its services', async () => {
  const folder = at('srv/shop')
  write(
    'srv/shop/compose.yaml',
    `
name: shop
services:
  web: { image: ghcr.io/acme/web, env_file: app.env }
  db: { image: 'postgres:16', volumes: [rows:/data, './init.sql:/init.sql', './dumps:/dumps', '${dir}/etc/ghcr:/x'] }
volumes: { rows: }
configs: { far: { file: ../far.conf } }
`,
  )
  write('srv/shop/.env', 'A=1\n')
  write('srv/shop/app.env', 'B=1\n')
  write('srv/shop/init.sql', 'select 1')
  write('srv/far.conf', '')
  mkdirSync(at('srv/shop/dumps'))
  const compose = `compose: { file: ${folder}/compose.yaml, service: web }`
  const plain = CONFIG(dir).replace("environment: { TOKEN: '${TOKEN}' }", '')
  write('etc/config.yaml', plain.replace('image: ghcr.io/acme/web', compose))
  rmSync(at('etc/env'))
  const { files, apps, missing } = await back()
  const own = files.filter((each) => each.startsWith(folder)).toSorted()
  expect(own).toEqual(
    ['.env', 'app.env', 'compose.yaml', 'init.sql'].map((name) => join(folder, name)),
  )
  expect(apps.find(({ app }) => app === 'web')?.data).toEqual(['shop_rows', join(folder, 'dumps')])
  expect(missing).toEqual([`${at('srv/far.conf')} lies outside of the folder of the project shop`])
  moveOn()
  const restore = await plan()
  expect(restore.apps.find(({ app }) => app === 'web')?.awaits).toEqual([
    'shop_rows',
    join(folder, 'dumps'),
  ])
  await restore.run()
  expect(readFileSync(join(folder, 'app.env'), 'utf8')).toBe('B=1\n')
})
