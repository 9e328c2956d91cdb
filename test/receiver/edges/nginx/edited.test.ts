import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppUpstreams } from '../../../../receiver/core/slots/ports.ts'
import type { Bridge } from '../../../../receiver/edges/nginx/app-sites.ts'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'

let dir: string
let conf: string
let domains: string[]
let takes: string
let bridge: Bridge | undefined
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'edited-'))
  mkdirSync(join(dir, 'nginx/conf.d'), { recursive: true })
  conf = join(dir, 'nginx/conf.d/deploy-receiver.api.conf')
  domains = ['api.test']
  takes = 'true'
  bridge = undefined
  await sites().ensure(API)
})
afterEach(() => rmSync(dir, { recursive: true }))

const upstreams = (port = 8000): AppUpstreams => ({
  blue: { port, replicas: 1 },
  green: { port, replicas: 1 },
})
const API = { api: upstreams() }
const leave = () => 'leave' as const
const overwrite = () => 'overwrite' as const

const sites = () =>
  createSites({
    installation: 'ours',
    nginx: {
      directory: join(dir, 'nginx/conf.d'),
      test: takes,
      reload: `echo reloaded >> ${join(dir, 'reloads')}`,
      listen: ['80'],
    },
    app: () => ({ domains, pauses: false }),
    flags: createSlots(join(dir, 'data')).flags,
    address: (_app, slot) => `10.213.0.${slot === 'blue' ? 1 : 2}`,
    ...(bridge === undefined ? {} : { bridge }),
  })
const reloads = () => readFileSync(join(dir, 'reloads'), 'utf8').split('\n').length - 1
const read = (file = conf) => readFileSync(file, 'utf8')
const edit = (from: string | RegExp, to: string, file = conf) =>
  writeFileSync(file, read(file).replace(from, to))
const withTls = () => edit('  listen 80;', '  listen 80;\n  listen 443 ssl; # managed by Certbot')

test('what nobody touched is written anew as ever, and nothing is said of it', async () => {
  expect(sites().edits(API)).toEqual([])
  expect(await sites().ensure({ api: upstreams(9000) })).toMatchObject({ changed: true })
  expect(read()).toContain('10.213.0.1:9000')
  expect(sites().edits({ api: upstreams(9000) })).toEqual([])
})

describe('a file that somebody edited', () => {
  beforeEach(withTls)

  test('is left alone as long as nothing else is wanted, also by a deployment', async () => {
    const before = read()
    for (const onEdit of [undefined, leave]) {
      expect(await sites().ensure(API, onEdit)).toMatchObject({ changed: false })
    }
    expect(read()).toBe(before)
    expect(reloads()).toBe(1)
  })

  test('is not in the way of a receiver that has names for containers, where an older one had none', async () => {
    bridge = { subnet: '10.213.0.0/20', gateway: '10.213.0.1' }
    const before = read()
    expect(await sites().ensure(API)).toMatchObject({ changed: false })
    expect(sites().edits(API)).toMatchObject([{ isInTheWay: false, isOutdated: true }])
    expect(read()).toBe(before)
  })

  test('is shown with its difference, at its place in the file', () => {
    const line =
      read()
        .split('\n')
        .findIndex((each) => each.includes('443')) + 1
    expect(sites().edits(API)).toEqual([
      {
        app: 'api',
        file: conf,
        kind: 'edited',
        isInTheWay: false,
        isOutdated: false,
        difference: [
          `@@ line ${line - 1} @@`,
          '   listen 80;',
          '+  listen 443 ssl; # managed by Certbot',
          '   server_name api.test;',
        ],
      },
    ])
  })

  test('is in the way of a change, which is refused with file and remedy, and nothing of what somebody wrote', async () => {
    const before = read()
    await expect(sites().ensure({ api: upstreams(9000) })).rejects.toMatchObject({
      code: 'nginx_edited',
      message: `${conf} was edited, and api needs another one by now`,
      hint: expect.stringMatching(/deploy-receiver doctor .*deploy-receiver reload --overwrite /),
    })
    domains = ['other.test']
    await expect(sites().ensure(API)).rejects.toMatchObject({ code: 'nginx_edited' })
    expect(sites().edits(API)).toMatchObject([{ isInTheWay: true }])
    expect(read()).toBe(before)
  })

  test('is not in the way of another app, nor of a start', async () => {
    domains = ['other.test']
    const all = { ...API, web: upstreams() }
    const started = sites()
    expect(await started.ensure(all, leave)).toMatchObject({ changed: true })
    expect(read()).toContain('listen 443')
    // what a start tells of, which is not found out a second time
    expect(started.leftAlone()).toStrictEqual(started.edits(all))
    expect(started.leftAlone()).toMatchObject([{ app: 'api', file: conf, isInTheWay: true }])
    expect(existsSync(conf.replace('.api.', '.web.'))).toBe(true)
  })

  test('is written anew when that is asked for, and comes back when Nginx does not take ours', async () => {
    const before = read()
    takes = 'false'
    await expect(sites().ensure(API, overwrite)).rejects.toMatchObject({ code: 'nginx_failed' })
    expect(read()).toBe(before)
    takes = 'true'
    expect(await sites().ensure(API, overwrite)).toMatchObject({ changed: true })
    expect(read()).not.toContain('listen 443')
    expect(sites().edits(API)).toEqual([])
  })

  test('goes with its app, and not when the app is only to have no visitors any more', async () => {
    await expect(sites().remove('api', 'refuse')).rejects.toMatchObject({ code: 'nginx_edited' })
    expect(await sites().remove('api', 'leave')).toBe(false)
    expect(await sites().remove('api')).toBe(true)
    expect(existsSync(conf)).toBe(false)
  })
})

test('a snippet that somebody edited is told of like a file', async () => {
  const snippet = join(dir, 'nginx/deploy-receiver.d/api.slot')
  edit('open_file_cache off;', '', snippet)
  const before = read(snippet)
  expect(sites().edits(API)).toMatchObject([{ file: snippet, kind: 'edited' }])
  expect(await sites().ensure(API)).toMatchObject({ changed: false })
  // it bears the revision of all of them
  const another = sites().ensure({ api: upstreams(9000) })
  await expect(another).rejects.toMatchObject({ code: 'nginx_edited' })
  expect(read(snippet)).toBe(before)
})

test('one that somebody removed is told of, and written again', async () => {
  rmSync(conf)
  expect(sites().edits(API)).toMatchObject([{ file: conf, kind: 'gone', isInTheWay: false }])
  expect(await sites().ensure(API)).toMatchObject({ changed: true })
  expect(read()).toContain('api.test')
})

describe('a file of an older receiver, which has no checksum', () => {
  const older = () => edit(/^# sha256 .*\n/m, '')

  test('gets one without a reload of Nginx when it is as it would be written', async () => {
    older()
    expect(await sites().ensure(API)).toMatchObject({ changed: false })
    expect(read()).toMatch(/^# deploy-receiver installation ours\n# sha256 /)
    expect(reloads()).toBe(1)
  })

  test('is written anew when only the older receiver’s words are other ones', async () => {
    older()
    edit('keepalive_timeout 1s', 'keepalive_timeout 5s')
    edit(/  # that Nginx has these very lines[^}]*}\n/, '')
    bridge = { subnet: '10.213.0.0/20', gateway: '10.213.0.1' }
    expect(sites().edits(API)).toEqual([])
    expect(await sites().ensure(API)).toMatchObject({ changed: true })
  })

  test.each([
    ['Certbot', withTls],
    ['a directive that no receiver wrote', () => edit('  listen 80;', '  listen 80;\n  gzip on;')],
  ])('is somebody else’s by %s', async (_, change) => {
    older()
    change()
    const before = read()
    expect(sites().edits(API)).toMatchObject([{ kind: 'edited', isInTheWay: false }])
    await sites().ensure(API)
    expect(read()).toBe(before)
    // what a deployment or the config needs otherwise by now
    const refused = { code: 'nginx_edited' }
    await expect(sites().ensure({ api: upstreams(9000) })).rejects.toMatchObject(refused)
    domains = ['api.test', 'www.api.test']
    await expect(sites().ensure(API)).rejects.toMatchObject(refused)
  })
})

test('a file that is all others’ is told of in a few short lines that no terminal acts on', () => {
  writeFileSync(conf, `\u001B[2J${'x'.repeat(5000)}\n`.repeat(300))
  const [all] = sites().edits(API)
  expect(all?.difference.length).toBeLessThan(20)
  expect(Math.max(...(all?.difference ?? []).map((line) => line.length))).toBeLessThan(130)
  expect(all?.difference.join('')).not.toContain('\u001B')
})
