// @module-tag long
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { type AcmeServer, startAcme } from '../support/acme.ts'
import { operate } from '../support/operator.ts'
import { freePort } from '../support/ports.ts'
import { waitFor } from '../support/processes.ts'
import { sandbox } from '../support/sandbox.ts'
import { startVm, type Vm } from '../support/vm.ts'

const run = promisify(execFile)
const stack = inject('stack')

let vm: Vm
let acme: AcmeServer
let tlsPort: number
let digest: string
const folder = (name: string) => join(vm.dir, name)

/** As the unit of install/ has it, with Certbot's folder as its `-/etc/letsencrypt`. */
beforeAll(async () => {
  vm = await startVm(stack, 'https')
  for (const name of ['run', 'data', 'letsencrypt', 'acme'])
    mkdirSync(folder(name), { mode: 0o711 })
  acme = await startAcme({ dir: folder('acme'), httpPort: vm.sites })
  tlsPort = await freePort()
  vm.config.socket = folder('run/receiver.sock')
  vm.config['tls'] = {
    email: 'ops@example.com',
    server: acme.directory,
    directory: folder('letsencrypt'),
  }
  const nginx = vm.config['nginx'] as Record<string, unknown>
  nginx['listen_tls'] = [`127.0.0.1:${tlsPort}`]
  nginx['site'] = { hsts: true }
  // Certbot does one thing at a time: here each certificate is one that a test asked for
  vm.config['site'] = false
  Object.assign(vm.env, acme.env)
  vm.within = sandbox(['run', 'data', 'nginx', 'letsencrypt'].map(folder))
  digest = await vm.push('one')
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  await acme.stop()
})

interface Answer {
  status: number
  body: string
  hsts: string | undefined
  fingerprint: string
}

const visit = (domain = 'api.test'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: tlsPort,
      servername: domain,
      headers: { host: domain },
      agent: false,
      rejectUnauthorized: false,
    })
    outgoing.once('response', (incoming) => {
      const { fingerprint256 } = (
        incoming.socket as import('node:tls').TLSSocket
      ).getPeerCertificate()
      const hsts = incoming.headers['strict-transport-security']
      text(incoming).then(
        (body) =>
          resolve({ status: incoming.statusCode ?? 0, body, hsts, fingerprint: fingerprint256 }),
        reject,
      )
    })
    outgoing.once('error', reject)
    outgoing.end()
  })

const untilHttps = (domain = 'api.test') =>
  waitFor(() => visit(domain).catch(() => undefined), { what: `no https of ${domain}` })

const command = (...words: string[]) =>
  operate([...words, '--config', vm.receiver().config], {
    REGISTRY_PASSWORD: stack.registry.password,
  })

const log = () => vm.receiver().log(1000)

test('the first deployment waits for no certificate, and is served by HTTPS when there is one', async () => {
  expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })
  expect(await untilHttps()).toMatchObject({ status: 200, body: 'one\n', hsts: 'max-age=31536000' })
  await waitFor(async () => (await vm.visit()).status === 308, { what: 'no redirect' })
  const { code, stdout } = await command('certificates')
  expect(stdout).toMatch(/^ok +certificate of api +good for \d+ more days, until 20/)
  expect(code).toBe(0)
  const doctor = (await command('doctor')).stdout
  expect(doctor).toMatch(/^ok +certificate of api +good for/m)
  expect(doctor).toMatch(
    new RegExp(`site of api +Nginx serves it at https://api\\.test:${tlsPort}$`, 'm'),
  )
})

test('keys are for root alone, and what a CA reads is for Nginx', () => {
  const mode = (name: string) => statSync(folder(name)).mode & 0o777
  expect(mode('letsencrypt/live/deploy-receiver.api/privkey.pem')).toBe(0o600)
  expect(mode('data/acme')).toBe(0o755)
  expect(mode('data/certbot')).toBe(0o700)
})

test('a swap goes on over TLS without a failed request', async () => {
  const next = await vm.push('two')
  const deploying = vm.deploy(next)
  let isOver = false
  const ended = deploying.finally(() => (isOver = true))
  const seen = new Set<string>()
  while (!isOver) {
    const { status, body } = await visit()
    seen.add(`${status} ${body.trim()}`)
  }
  expect(await ended).toMatchObject({ status: 'succeeded' })
  seen.add(`200 ${(await visit()).body.trim()}`)
  expect([...seen].toSorted()).toEqual(['200 one', '200 two'])
})

test("a renewal by Certbot's timer is told by its hook, and taken", async () => {
  const before = await visit()
  await run(
    'certbot',
    [
      'renew',
      '--force-renewal',
      '--no-random-sleep-on-renew',
      '--config-dir',
      folder('letsencrypt'),
      '--work-dir',
      folder('letsencrypt/work'),
      '--logs-dir',
      folder('letsencrypt/logs'),
    ],
    { env: { ...process.env, ...acme.env } },
  )
  await waitFor(async () => (await visit()).fingerprint !== before.fingerprint, {
    what: 'the renewal was not taken',
  })
  await waitFor(() => log().split('Nginx has the certificate of').length === 3, {
    what: 'it was not told',
  })
})

test('a restart asks no CA, and what is refused in between is not asked for again', async () => {
  await acme.dns('set-servfail', 'gone.test')
  vm.config.apps['gone'] = { ...vm.config.apps['api'], domains: ['gone.test'] }
  vm.config.apps['plain'] = { ...vm.config.apps['api'], domains: ['plain.test'], tls: false }
  writeFileSync(vm.receiver().config, stringify(vm.config), { mode: 0o600 })
  expect(await command('reload')).toMatchObject({ code: 0 })
  const refused = await waitFor(
    async () => {
      const { code, stdout } = await command('certificates')
      return code === 1 ? stdout : undefined
    },
    { what: 'nothing is said' },
  )
  expect(refused).toContain('the CA could not read at gone.test')
  expect(refused).toContain('port 80 of this machine has to be open')
  expect(refused).not.toContain('plain')
  const asked = () => log().split('asking for a certificate').length - 1
  const before = asked()
  await vm.receiver().stop()
  const last = readFileSync(folder('data/certbot/letsencrypt.log'), 'utf8')
  await vm.start()
  await waitFor(
    async () => (await command('certificates')).stdout.includes('it is tried again in'),
    {
      what: 'it forgot',
    },
  )
  expect(asked()).toBe(before)
  expect(readFileSync(folder('data/certbot/letsencrypt.log'), 'utf8')).toBe(last)
  expect((await visit()).status).toBe(200)
})
