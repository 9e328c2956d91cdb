import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readSite } from '../../../../receiver/edges/nginx/read-site.ts'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'

let dir: string
let reloads: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'whose-'))
  reloads = join(dir, 'reloads')
  mkdirSync(join(dir, 'nginx/conf.d'), { recursive: true })
})
afterEach(() => rmSync(dir, { recursive: true }))

const files = () => ({
  conf: join(dir, 'nginx/conf.d/deploy-receiver.api.conf'),
  snippet: join(dir, 'nginx/deploy-receiver.d/api.slot'),
})
const UPSTREAMS = { blue: { port: 8000, replicas: 2 }, green: { port: 9000, replicas: 1 } }

/** An installation's view of the Nginx that all share. */
function sitesOf(installation: string, data = installation, domains = ['api.test']) {
  return createSites({
    installation,
    nginx: {
      directory: join(dir, 'nginx/conf.d'),
      test: 'true',
      reload: `echo reloaded >> ${reloads}`,
      listen: ['80'],
    },
    app: () => ({ domains, pauses: false }),
    flags: createSlots(join(dir, data)).flags,
    address: (_app, slot, replica) => `10.213.0.${slot === 'blue' ? replica : 100 + replica}`,
  })
}
const MARK = /^# deploy-receiver installation ours\n/
/** As an older version wrote them. */
function forgetWhose() {
  for (const file of Object.values(files())) {
    writeFileSync(file, readFileSync(file, 'utf8').replace(MARK, ''))
  }
}
const reloaded = () =>
  existsSync(reloads) ? readFileSync(reloads, 'utf8').split('\n').length - 1 : 0

test('a file says whose it is, and another installation touches neither it nor Nginx', async () => {
  await sitesOf('ours').ensure({ api: UPSTREAMS })
  const before = readFileSync(files().conf, 'utf8')
  expect(before).toMatch(MARK)
  expect(readFileSync(files().snippet, 'utf8')).toMatch(MARK)
  const theirs = sitesOf('theirs')
  const refusal = { code: 'not_ours', message: expect.stringContaining(files().conf) }
  await expect(theirs.ensure({ api: UPSTREAMS })).rejects.toMatchObject(refusal)
  expect(() => theirs.refuseOthers(['web', 'api'])).toThrow(expect.objectContaining(refusal))
  expect(await theirs.remove('api')).toBe(false)
  expect(readFileSync(files().conf, 'utf8')).toBe(before)
  expect(existsSync(files().snippet)).toBe(true)
  expect(reloaded()).toBe(1)
})

test('apps of other names stand beside each other', async () => {
  await sitesOf('ours').ensure({ api: UPSTREAMS })
  const theirs = sitesOf('theirs')
  expect(() => theirs.refuseOthers(['web'])).not.toThrow()
  expect(await theirs.ensure({ web: UPSTREAMS })).toMatchObject({ changed: true })
})

describe('a file that does not say whose it is', () => {
  beforeEach(async () => {
    await sitesOf('ours').ensure({ api: UPSTREAMS })
    forgetWhose()
  })

  test('is ours when it names our flags, and says so then: for that Nginx is not reloaded', async () => {
    expect(await sitesOf('ours').ensure({ api: UPSTREAMS })).toMatchObject({ changed: false })
    for (const file of Object.values(files())) expect(readFileSync(file, 'utf8')).toMatch(MARK)
    expect(reloaded()).toBe(1)
    // wherever the data directory is by then
    expect(await sitesOf('ours', 'moved').ensure({ api: UPSTREAMS })).toMatchObject({
      changed: true,
    })
  })

  test('is another one’s when it names the flags of another data directory', async () => {
    await expect(sitesOf('theirs').ensure({ api: UPSTREAMS })).rejects.toMatchObject({
      code: 'not_ours',
    })
    expect(await sitesOf('theirs').remove('api')).toBe(false)
    expect(await sitesOf('ours').remove('api')).toBe(true)
    expect(existsSync(files().conf)).toBe(false)
  })

  test('without a server block is told apart by its snippet', async () => {
    await sitesOf('ours', 'ours', []).ensure({ api: UPSTREAMS })
    forgetWhose()
    await expect(sitesOf('theirs').ensure({ api: UPSTREAMS })).rejects.toMatchObject({
      code: 'not_ours',
    })
    expect(await sitesOf('ours', 'ours', []).ensure({ api: UPSTREAMS })).toMatchObject({
      changed: false,
    })
  })
})

test.each([[['api.test']], [[]]])(
  'what Nginx was told is read back, with domains %j',
  async (domains) => {
    const directory = join(dir, 'nginx/conf.d')
    expect(readSite(directory, 'api')).toEqual({ upstreams: { blue: [], green: [] } })
    await sitesOf('ours', 'data', domains).ensure({ api: UPSTREAMS })
    expect(readSite(directory, 'api')).toEqual({
      data: join(dir, 'data'),
      upstreams: {
        blue: [
          { address: '10.213.0.1', port: 8000 },
          { address: '10.213.0.2', port: 8000 },
        ],
        green: [{ address: '10.213.0.101', port: 9000 }],
      },
    })
  },
)
