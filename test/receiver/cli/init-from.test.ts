import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { operate } from '../../support/operator.ts'

let dir: string
let config: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'init-from-'))
  config = join(dir, 'config.yaml')
  file = join(dir, 'compose.yaml')
})
afterEach(() => rmSync(dir, { recursive: true }))

const SHOP = `name: shop
services:
  web:
    image: ghcr.io/acme/shop:2
    container_name: the-shop
    ports: ['127.0.0.1:3000:8000']
    depends_on: { migrate: { condition: service_completed_successfully }, db: {} }
  worker: { image: 'ghcr.io/acme/shop:2', command: work }
  migrate: { image: 'ghcr.io/acme/shop:2', command: migrate }
  db: { image: 'postgres:16' }
  nginx: { image: 'nginx:1', ports: ['80:80'], depends_on: [web] }
`.replace('db: {} }', 'db: { condition: service_started } }')

const initFrom = async (...more: string[]) => {
  const words = ['init', '--from', file, '--yes', '--no-start', '--no-tls', '--trigger', 'poll']
  const { code, stdout, stderr } = await operate([
    ...words,
    '--host',
    'd.example.com',
    '--config',
    config,
    ...more,
  ])
  return { code, stdout: stdout.replaceAll(dir, ''), stderr: stderr.replaceAll(dir, '') }
}

test('init proposes the config of a project that runs, says what changes, and check takes it', async () => {
  writeFileSync(file, SHOP)
  const { code, stdout } = await initFrom()
  expect(code).toBe(0)
  expect(readFileSync(config, 'utf8').replaceAll(dir, '')).toContain(`  shop:
    compose:
      file: '/compose.yaml'
      service: web
    domains: [shop.example.com]
    poll: 1m
`)
  for (const line of [
    "web: the receiver's, in two containers",
    "migrate: the receiver's, runs once",
    "worker: the receiver's, made anew",
    'web: 127.0.0.1:3000 of this machine leads there no more',
    'web: no container is called the-shop',
    "nginx: Compose's, and not needed any more for web; Nginx needs what it has of port 80",
    "db: stays Compose's",
  ]) {
    expect(stdout).toContain(`- ${line}`)
  }
  expect(await operate(['check', '--config', config])).toMatchObject({ code: 0 })
})

test('a config that is there is left as it is, and the lines to add are shown', async () => {
  writeFileSync(file, SHOP)
  const text = 'url: https://a.example\napps: {}\n'
  writeFileSync(config, text)
  const { code, stderr } = await initFrom()
  expect(code).toBe(1)
  expect(stderr).toContain('is there already')
  expect(stderr).toContain('service: web')
  expect(readFileSync(config, 'utf8')).toBe(text)
})

test('where it cannot tell which service it is, it asks for --service, and then takes that', async () => {
  writeFileSync(
    file,
    "services: { api: { image: acme/api, ports: ['1:1'] }, www: { build: . }, two: { image: acme/two, ports: ['2:2'] } }",
  )
  const { code, stderr } = await initFrom()
  expect([code, stderr]).toEqual([1, expect.stringContaining('visitors may come to api or two')])
  expect(await initFrom('--service', 'www', '--image', 'acme/www')).toMatchObject({ code: 0 })
  expect(readFileSync(config, 'utf8')).toContain('image: docker.io/acme/www')
})
