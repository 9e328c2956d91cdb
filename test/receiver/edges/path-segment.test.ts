import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { containerName, releaseName } from '../../../receiver/edges/docker/container-name.ts'
import { createSites } from '../../../receiver/edges/nginx/sites.ts'
import { pathSegment } from '../../../receiver/edges/path-segment.ts'
import { createSlots } from '../../../receiver/edges/slots.ts'
import { APP } from '../../support/fake-world.ts'
import { INSTALLATION } from '../../support/home.ts'

const WRONG = [
  '',
  '.',
  '..',
  '../../else',
  'a/b',
  'a\\b',
  'a\0',
  'a\n',
  'API',
  'a_b',
  'a'.repeat(64),
]

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'names-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

/** A file that is not ours, at that path. */
function plant(path: string): string {
  const file = join(dir, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, 'not ours')
  return file
}

test.for(['api', 'a', '0', 'pr-42--api', 'a'.repeat(63)])('%j is part of a path', (name) => {
  expect(pathSegment(name)).toBe(name)
})

test.for(WRONG)('%j is not', (name) => {
  expect(() => pathSegment(name)).toThrow(/ is not the name of an app/)
})

test('no name of an app takes slot flags away elsewhere, or looks or writes there', () => {
  const file = plant('else/ready')
  const slots = createSlots(join(dir, 'data'))
  mkdirSync(join(dir, 'data/slots'), { recursive: true })
  const calls = [
    () => slots.clear('../../else'),
    () => slots.live('../../else'),
    () => slots.paused('../../else'),
    () => slots.makeLive('../../else', 'green'),
    () => slots.pause('../../else'),
    () => slots.unpause('../../else'),
  ]
  for (const call of calls) expect(call).toThrow(/is not the name of an app/)
  expect(existsSync(file)).toBe(true)
  expect(existsSync(join(dir, 'else/green'))).toBe(false)
})

test("no name of an app takes files away beside Nginx's", async () => {
  const conf = plant('nginx/else.conf')
  const slot = plant('else.slot')
  mkdirSync(join(dir, 'nginx/conf.d/deploy-receiver.'), { recursive: true })
  mkdirSync(join(dir, 'nginx/deploy-receiver.d'))
  const { flags } = createSlots(join(dir, 'data'))
  const sites = createSites({
    installation: INSTALLATION.id,
    nginx: { directory: join(dir, 'nginx/conf.d'), test: 'true', reload: 'true', listen: ['80'] },
    app: () => undefined,
    flags,
    address: () => '127.0.0.1',
  })
  for (const name of ['/../../else', '../../else']) {
    await expect(sites.remove(name)).rejects.toThrow(/is not the name of an app/)
  }
  expect([existsSync(conf), existsSync(slot)]).toEqual([true, true])
})

test("no name of an app leads elsewhere in the engine's API", () => {
  const app = { ...APP, name: '../../networks/x' }
  const plan = { app, generation: 1, slot: 'blue', replica: 1 } as Parameters<
    typeof containerName
  >[1]
  expect(() => containerName('deploy', plan)).toThrow(/is not the name of an app/)
  expect(() => releaseName('deploy', { app, generation: 1 })).toThrow(/is not the name of an app/)
})
