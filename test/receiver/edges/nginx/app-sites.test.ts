import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { appSites } from '../../../../receiver/edges/nginx/app-sites.ts'
import { OLDEST } from '../../../../receiver/edges/nginx/features.ts'
import { http3Socket } from '../../../../receiver/edges/nginx/http3.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { openWorkspace } from '../../../support/workspace.ts'

const workspace = openWorkspace()
afterAll(() => workspace.close())

const PORTS = { blue: { port: 80, replicas: 1 }, green: { port: 80, replicas: 1 } }

/** A folder in which the files of so many apps, and their snippets, cannot be read at all: each is a folder. */
function crowd(others: number) {
  const root = workspace.folder(`of-${others}`)
  const directory = join(root, 'conf.d')
  const names = Array.from({ length: others }, (_, at) => `app-${at}`)
  for (const name of names) {
    mkdirSync(join(directory, `deploy-receiver.${name}.conf`), { recursive: true })
    for (const kind of ['slot', 'proxy']) {
      mkdirSync(join(root, 'deploy-receiver.d', `${name}.${kind}`), { recursive: true })
    }
  }
  return { root, directory, names }
}

describe('beside many apps of other domains', () => {
  test.each([1, 200])('an app is described without a look at the %s others', (others) => {
    const { root, directory, names } = crowd(others)
    const asked: string[] = []
    const places = ['api', ...names].map((name) => ({
      name,
      domains: [`${name}.test`],
      paths: ['/'],
    }))
    const { siteOf, siteOnDisk } = appSites({
      nginx: { directory, test: 'true', reload: 'true', listen: ['80'] },
      app(name) {
        asked.push(name)
        return { domains: [`${name}.test`], pauses: false }
      },
      apps: () => ['api', ...names],
      placed: () => places,
      flags: createSlots(root).flags,
      address: () => '127.0.0.1',
    })
    expect(siteOf('api', PORTS, { others: new Set(['api']), features: OLDEST })).toMatchObject({
      app: 'api',
      domains: ['api.test'],
    })
    expect(siteOnDisk('api')).toMatchObject({ isTold: false })
    expect(new Set(asked)).toStrictEqual(new Set(['api']))
  })

  test('one without HTTP/3 is written without a look at whether they have it', () => {
    const { directory } = crowd(20)
    const file = join(directory, 'deploy-receiver.api.conf')
    const how = { directory, installation: 'i', listens: ['443 ssl'] }
    expect(http3Socket([{ file, text: 'server {\n  listen 80;\n}\n' }], how)).toStrictEqual([])
    writeFileSync(file, '')
    const [socket] = http3Socket([{ file, text: 'server {\n  listen 443 quic;\n}\n' }], how)
    expect(socket?.text).toContain('quic reuseport')
  })
})
