// @module-tag long
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { allTheWhile } from '../support/all-the-while.ts'
import { ask } from '../support/ask.ts'
import { freePort, reserveSubnet } from '../support/ports.ts'
import { PROGRAM } from '../support/program.ts'
import { startVm, type Vm } from '../support/vm.ts'

// docs/compose.md, "Moving a project that runs", step by step

const run = promisify(execFile)

const stack = inject('stack')
const env = { ...process.env, DOCKER_HOST: stack.dockerHost, REGISTRY_PASSWORD: 'not-needed' }
let vm: Vm
let folder: string
let published: number
let net: Awaited<ReturnType<typeof reserveSubnet>>
const seen = new Map<string, number>()
let visits: { stop(): Promise<void> }

const file = () => `
x-app: &app
  image: ${vm.repository}:one
  volumes: [uploads:/uploads]
  stop_grace_period: 1s
services:
  web:
    <<: *app
    ports: ['127.0.0.1:${published}:8000']
    depends_on:
      db: { condition: service_healthy }
      migrate: { condition: service_completed_successfully }
  worker:
    <<: *app
    command: [/bin/busybox, sh, -c, 'exec sleep 1000']
    depends_on: [db]
  migrate:
    <<: *app
    command: [/bin/busybox, sh, -c, 'cat /www/index.html >>/uploads/migrations']
    depends_on: { db: { condition: service_healthy } }
  db:
    image: ${vm.repository}-db:1
    pull_policy: never
    command: [/bin/busybox, sh, -c, 'exec sleep 1000']
    volumes: [rows:/rows]
    healthcheck: { test: [CMD, /bin/busybox, 'true'], interval: 200ms }
    stop_grace_period: 0s
volumes:
  uploads:
  rows:
networks:
  # one that no other engine of this machine has
  default: { ipam: { config: [{ subnet: ${net.subnet} }] } }
`

beforeAll(async () => {
  vm = await startVm(stack, 'moving')
  folder = join(vm.dir, 'moved-shop')
  mkdirSync(folder)
  published = await freePort()
  net = await reserveSubnet()
  writeFileSync(join(folder, 'compose.yaml'), file())
  await vm.push('one')
  await run('docker', ['tag', `${vm.repository}:one`, `${vm.repository}-db:1`], { env })
  await docker('compose', 'up', '--detach')
  await docker('compose', 'exec', 'db', '/bin/busybox', 'sh', '-c', 'echo a row >/rows/row')
  await oldSite()
  await vm.nginx.check()
  visits = allTheWhile(async () => {
    const got = await visit('shop.test')
    seen.set(got, (seen.get(got) ?? 0) + 1)
  })
})
afterAll(async () => {
  await visits.stop()
  await vm.close()
  const flags = ['compose', '--project-name', 'moved-shop', 'down', '--volumes', '--timeout', '0']
  await run('docker', flags, { env })
  await net.release()
})

/** As somebody types it in the project's folder. */
const docker = (...args: string[]) => run('docker', args, { env, cwd: folder })

const cli = async (...args: string[]) => {
  const { stdout, stderr } = await run(PROGRAM, ['--config', vm.receiver().config, ...args], {
    env,
    timeout: 200_000,
  })
  return `${stdout}${stderr}`
}

const visit = (domain: string) =>
  ask({ port: vm.sites, domain }).then(
    ({ status, body }) => `${status} ${body.trim()}`,
    (error: unknown) => String(error),
  )

const siteFile = () => join(vm.nginx.directory, 'zz-shop.conf')

/** The tests' engine publishes no ports: the site asks Compose's container itself. */
async function oldSite() {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
  const { stdout } = await docker('inspect', '--format', format, 'moved-shop-web-1')
  writeFileSync(
    siteFile(),
    `server { listen 127.0.0.1:${vm.sites}; server_name shop.test; location / { proxy_pass http://${stdout.trim()}:8000; } }\n`,
  )
}

const names = async () =>
  (await docker('ps', '--format', '{{.Names}}')).stdout
    .split('\n')
    .filter((name) => name.startsWith('moving-shop') || name.startsWith('moved-shop'))
    .toSorted((a, b) => a.localeCompare(b))

test('the project serves, and the receiver takes a config of it under a name that nobody knows', async () => {
  expect(await names()).toEqual(['moved-shop-db-1', 'moved-shop-web-1', 'moved-shop-worker-1'])
  const { api = {} } = vm.config.apps
  const { image: _image, ...rest } = api
  vm.config.apps = {
    shop: {
      ...rest,
      compose: { file: join(folder, 'compose.yaml'), service: 'web' },
      domains: ['moving.test'],
    },
  }
  await vm.start()
  await cli('check')
  await cli('reload')
  await cli('status', 'shop')
  expect(await visit('shop.test')).toBe('200 one')
})

test('before the first deployment Compose keeps what serves', async () => {
  await cli('compose', 'shop', '--', 'up', '-d')
  expect(await names()).toEqual(['moved-shop-db-1', 'moved-shop-web-1', 'moved-shop-worker-1'])
})

test('it is deployed beside the old one', async () => {
  await cli('deploy', 'shop')
  await cli('status', 'shop')
  expect(await visit('moving.test')).toBe('200 one')
  expect(await names()).toHaveLength(5)
})

test('visitors come to it, the old site goes, and so do the old containers', async () => {
  const { shop = {} } = vm.config.apps
  vm.config.apps = { shop: { ...shop, domains: ['shop.test'] } }
  await vm.reload()
  rmSync(siteFile())
  await vm.nginx.check()
  await cli('compose', 'shop', '--', 'up', '-d')
  await cli('compose', 'shop', '--', 'ps')
  expect(await names()).toEqual([
    'moved-shop-db-1',
    expect.stringMatching(/^moving-shop-1_worker_1$/),
    expect.stringMatching(/^moving-shop-/),
  ])
  expect(await visit('shop.test')).toBe('200 one')
})

test('a push is deployed, and the rows are there', async () => {
  const digest = await vm.push('two')
  const { deployment } = await vm.hook({ image: `${vm.repository}@${digest}` }, { app: 'shop' })
  expect(deployment.error).toBeUndefined()
  expect(await visit('shop.test')).toBe('200 two')
  const flags = ['compose', 'exec', 'db', '/bin/busybox', 'cat', '/rows/row']
  expect((await docker(...flags)).stdout).toBe('a row\n')
})

test('there is a way back, and no visitor has noticed any of it', async () => {
  await docker('compose', 'up', '--detach')
  await oldSite()
  await vm.nginx.check()
  expect([...seen.keys()].toSorted((a, b) => a.localeCompare(b))).toEqual(['200 one', '200 two'])
  const { shop = {} } = vm.config.apps
  vm.config.apps = { shop: { ...shop, domains: ['moving.test'] } }
  await vm.reload()
  vm.config.apps = {}
  await vm.reload()
  await cli('remove', 'shop')
  expect(await visit('shop.test')).toBe('200 one')
  expect(await names()).toEqual(['moved-shop-db-1', 'moved-shop-web-1', 'moved-shop-worker-1'])
  const flags = ['compose', 'exec', 'db', '/bin/busybox', 'cat', '/rows/row']
  expect((await docker(...flags)).stdout).toBe('a row\n')
  expect([...seen.keys()].toSorted((a, b) => a.localeCompare(b))).toEqual(['200 one', '200 two'])
})
