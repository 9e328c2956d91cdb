import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSites } from '../../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../../receiver/edges/slots.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'

let workspace: Workspace
let nginx: string
let directory: string
beforeAll(() => {
  workspace = openWorkspace()
  directory = join(workspace.folder('nginx'), 'conf.d')
  mkdirSync(directory)
  nginx = join(workspace.folder('bin'), 'nginx')
  // one that has HTTP/3, and takes everything
  writeFileSync(
    nginx,
    '#!/bin/sh\ncase "$*" in *-V*) echo "nginx version: nginx/1.26.3 --with-http_v2_module --with-http_v3_module" >&2 ;; esac\n',
  )
  chmodSync(nginx, 0o755)
})
afterAll(() => workspace.close())

const sitesOf = (installation: string, http3: (app: string) => boolean) =>
  createSites({
    installation,
    nginx: {
      directory,
      test: `${nginx} -t`,
      reload: 'true',
      listen: ['80'],
      listenTls: ['443', '127.0.0.1:8443 default_server'],
    },
    app: (app) => ({
      domains: [`${app}.test`],
      pauses: false,
      site: { trustedProxies: [], ...(http3(app) ? { http3: true as const } : {}) },
      tls: {
        pair: { certificate: '/c.pem', key: '/k.pem', covers: [`${app}.test`], isFit: true },
      },
    }),
    flags: createSlots(workspace.folder('data')).flags,
    address: () => '127.0.0.1',
  })

const SLOT = { port: 8000, replicas: 1 }
const ensure = (sites: ReturnType<typeof sitesOf>, ...apps: string[]) =>
  sites.ensure(Object.fromEntries(apps.map((app) => [app, { blue: SLOT, green: SLOT }])))
const socket = () => join(directory, 'deploy-receiver.http3.socket.conf')
const textOf = (app: string) => readFileSync(join(directory, `deploy-receiver.${app}.conf`), 'utf8')

test('the sockets of HTTP/3 are opened once for all sites, as long as one has it', async () => {
  const apps = new Set(['a', 'b'])
  const sites = sitesOf('x1', (app) => apps.has(app))
  await ensure(sites, 'a', 'b', 'c')
  for (const app of ['a', 'b']) {
    expect(textOf(app)).toContain('listen 443 quic;')
    expect(textOf(app)).toContain('listen 127.0.0.1:8443 quic;')
    expect(textOf(app)).not.toContain('reuseport')
  }
  expect(textOf('c')).not.toContain('quic')
  const opened = readFileSync(socket(), 'utf8')
  expect(opened).toContain('listen 443 quic reuseport;\n  listen 127.0.0.1:8443 quic reuseport;')
  expect(opened).toContain('ssl_reject_handshake on;')
  expect((await ensure(sites, 'b')).changed).toBe(false)
  await sites.remove('a')
  expect(existsSync(socket())).toBe(true)
  apps.delete('b')
  await ensure(sites, 'b')
  expect(existsSync(socket())).toBe(false)
})

test('what another receiver opened, or somebody edited, is left alone', async () => {
  const mine = sitesOf('x1', () => true)
  await ensure(mine, 'mine')
  const opened = readFileSync(socket(), 'utf8')
  await ensure(
    sitesOf('x2', () => true),
    'theirs',
  )
  expect(readFileSync(socket(), 'utf8')).toBe(opened)
  writeFileSync(socket(), opened.replace('return 444', 'return 421'))
  await ensure(mine, 'mine')
  expect(readFileSync(socket(), 'utf8')).toContain('return 421')
})
