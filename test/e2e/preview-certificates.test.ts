// @module-tag long
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type AcmeServer, startAcme } from '../support/acme.ts'
import { startRefusingCa } from '../support/acme-refusing.ts'
import { operate } from '../support/operator.ts'
import { freePort, reserveSubnet, type Subnet } from '../support/ports.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'

const NETWORK = 'e2e-preview-tls'
const stack = inject('stack')
const run = promisify(execFile)

let vm: Vm
let apart: Subnet
let acme: AcmeServer
let tlsPort: number
let digest: string
const folder = (name: string) => join(vm.dir, name)

beforeAll(async () => {
  vm = await startVm(stack, NETWORK)
  apart = await reserveSubnet()
  for (const name of ['letsencrypt', 'acme']) mkdirSync(folder(name))
  acme = await startAcme({ dir: folder('acme'), httpPort: vm.sites })
  tlsPort = await freePort()
  Object.assign(vm.config['network'] as object, { previews: apart.subnet })
  Object.assign(vm.config['nginx'] as object, { listen_tls: [`127.0.0.1:${tlsPort}`] })
  Object.assign(vm.config, { site: false, tls: tlsOf(acme.directory) })
  Object.assign(vm.config.apps['api'] ?? {}, {
    tls: false,
    previews: { domain: 'preview.test', basic_auth: false, tls: true },
  })
  Object.assign(vm.env, acme.env, { PYTHONPATH: plugin() })
  digest = await vm.push('one')
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  await acme.stop()
  await apart.release()
})

/** A plugin that puts proofs into the DNS of the CA alone: as those for DNS providers are to Certbot. */
function plugin(): string {
  const python = `
import json, urllib.request
from certbot.plugins import dns_common

class Authenticator(dns_common.DNSAuthenticator):
    @classmethod
    def add_parser_arguments(cls, add):
        super().add_parser_arguments(add, default_propagation_seconds=0)
        add("credentials", help="INI file")

    def more_info(self):
        return "a stand-in"

    def _setup_credentials(self):
        self.credentials = self._configure_credentials("credentials", "INI file", {"control": "URL"})

    def _tell(self, change, name, **more):
        body = json.dumps({"host": name + ".", **more}).encode()
        urllib.request.urlopen(self.credentials.conf("control") + "/" + change, body)

    def _perform(self, domain, name, content):
        self._tell("set-txt", name, value=content)

    def _cleanup(self, domain, name, content):
        self._tell("clear-txt", name)
`
  const info = folder('python/stand_in-1.egg-info')
  mkdirSync(info, { recursive: true })
  writeFileSync(folder('python/stand_in.py'), python)
  writeFileSync(join(info, 'PKG-INFO'), 'Metadata-Version: 2.1\nName: stand-in\nVersion: 1\n')
  const entry = '[certbot.plugins]\ndns-stand-in = stand_in:Authenticator\n'
  writeFileSync(join(info, 'entry_points.txt'), entry)
  return folder('python')
}

const WILDCARD = 'deploy-receiver.previews.preview.test'
const previews = () => (vm.config.apps['api']?.['previews'] ?? {}) as Record<string, unknown>
const places = () =>
  ['config', 'work', 'logs'].flatMap((each) => [`--${each}-dir`, folder('letsencrypt')])
const tlsOf = (server: string) => ({
  email: 'ops@example.com',
  server,
  directory: folder('letsencrypt'),
})
const make = async (preview: string) => {
  const { deployment } = await vm.hook({ preview, image: `${vm.repository}@${digest}` })
  expect(deployment).toMatchObject({ app: `api--${preview}`, status: 'succeeded' })
  return deployment
}
const command = (...words: string[]) =>
  operate([...words, '--config', vm.receiver().config], {
    REGISTRY_PASSWORD: stack.registry.password,
  })
const remove = async (preview: string) =>
  expect(await command('remove', `api--${preview}`)).toMatchObject({ code: 0 })

/** The fingerprint of the certificate of these names that Nginx shows to who asks for a preview; nothing when it shows none, or another one. */
const shown = (preview: string, names = `api--${preview}.preview.test`) =>
  new Promise<string | undefined>((resolve) => {
    const servername = `api--${preview}.preview.test`
    const socket = connect(
      { host: '127.0.0.1', port: tlsPort, servername, rejectUnauthorized: false },
      () => {
        const { subjectaltname, fingerprint256 } = socket.getPeerCertificate()
        socket.destroy()
        resolve(subjectaltname === `DNS:${names}` ? fingerprint256 : undefined)
      },
    )
    socket.once('error', () => resolve(undefined))
  })
const untilShown = (preview: string, names?: string) =>
  waitFor(() => shown(preview, names), { what: `no certificate of ${preview}` })

const killed = async () => {
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
}

/** How often the CA was asked for it. */
const asked = (preview: string) =>
  vm.receiver().log(10_000).split(`asking for a certificate for api--${preview}"`).length - 1

const inCertbot = (path: string) => {
  const all = readdirSync(folder(join('letsencrypt', path)), { recursive: true }).map(String)
  return path === '' ? all : all.map((name) => join(folder('letsencrypt'), path, name))
}
const requestOf = (file: string) =>
  Buffer.from(readFileSync(file, 'utf8').replace(/-----.*-----|\s/g, ''), 'base64')

/** All that Certbot has of previews' own certificates: copies of requests among them, and of keys for which there is no request. */
const traces = () => {
  const [requests, keys] = [inCertbot('csr'), inCertbot('keys')]
  return [
    ...inCertbot('').filter((name) => name.includes('--pr-')),
    ...requests.filter((file) => requestOf(file).includes('--pr-')),
    ...(keys.length === requests.length ? [] : keys),
  ]
}

test('each has a certificate of its own, asked for when it is live, and says so until then', async () => {
  const first = await make('pr-1')
  expect(first.url).toBe(`http://api--pr-1.preview.test:${vm.sites}`)
  expect(first.no_https).toMatch(/^its certificate comes when it is live/)
  await make('pr-2')
  const [one, two] = [await untilShown('pr-1'), await untilShown('pr-2')]
  expect(one).not.toBe(two)
  await waitFor(
    async () => ((await vm.read('/apps/api--pr-2')) as { no_https: unknown }).no_https === null,
    { what: 'it says that it has none' },
  )
  const again = await make('pr-2')
  expect(again.url).toBe(`https://api--pr-2.preview.test:${tlsPort}`)
  expect(again).not.toHaveProperty('no_https')
  expect([asked('pr-1'), asked('pr-2'), await shown('pr-2')]).toEqual([1, 1, two])
})

test('one that comes back has the one of before, and no CA is asked', async () => {
  const before = await untilShown('pr-1')
  await remove('pr-1')
  expect(await shown('pr-1')).toBeUndefined()
  expect(await make('pr-1')).toMatchObject({
    url: `https://api--pr-1.preview.test:${tlsPort}`,
  })
  expect([await untilShown('pr-1'), asked('pr-1')]).toEqual([before, 1])
})

test('a receiver that is killed while the CA is asked goes on', async () => {
  await make('pr-3')
  await waitFor(() => asked('pr-3') === 1, { what: 'nobody is asked' })
  await killed()
  await vm.start()
  await untilShown('pr-3')
})

test('a CA that has enough is asked once, not for each preview, and not by the next receiver', async () => {
  const ca = await startRefusingCa(acme.pair)
  try {
    ca.refuse(429, 'rateLimited', 'too many new orders (300) from this account', {
      'retry-after': '7200',
    })
    vm.config['tls'] = tlsOf(ca.directory)
    await vm.reload()
    await waitFor(() => ca.orders() === 1, { what: 'it is not asked' })
    const why = async (preview: string) =>
      ((await vm.read(`/apps/api--${preview}`)) as { no_https: string | null }).no_https
    const { no_https: said } = await waitFor(
      async () => {
        const deployment = await make('pr-4')
        return deployment.no_https?.includes('gives no more') === true ? deployment : undefined
      },
      { what: 'it says nothing of it' },
    )
    expect(said).toMatch(
      /^the CA said that it gives no more for now; it is tried again in (?:1\d\d min|2 h)$/,
    )
    const { stdout } = await command('status')
    expect(stdout).toContain('api--pr-4: no HTTPS yet: the CA said that it gives no more for now')
    // those that have one go on with it
    expect(await why('pr-1')).toBeNull()
    await untilShown('pr-1')
    await vm.receiver().stop()
    await vm.start()
    await command('certificates', '--look')
    await waitFor(async () => (await why('pr-4'))?.includes('gives no more'), { what: 'forgotten' })
    expect(ca.orders()).toBe(1)
  } finally {
    ca.close()
  }
})

test('all have one together by a plugin of Certbot, and one that comes later has it at once', async () => {
  const tls = { dns: 'stand-in', credentials: folder('stand-in.ini') }
  writeFileSync(tls.credentials, `dns_stand_in_control = ${acme.control}\n`, { mode: 0o600 })
  vm.config['tls'] = tlsOf(acme.directory)
  previews()['tls'] = tls
  await vm.reload()
  const wildcard = await untilShown('pr-1', '*.preview.test')
  await waitFor(async () => (await shown('pr-3', '*.preview.test')) === wildcard, {
    what: 'another preview has it not',
  })
  const later = await make('pr-5')
  expect(later.url).toBe(`https://api--pr-5.preview.test:${tlsPort}`)
  expect(later).not.toHaveProperty('no_https')
  expect(await shown('pr-5', '*.preview.test')).toBe(wildcard)
  const { stdout } = await command('certificates')
  expect(stdout).toMatch(/^ok +certificate of previews\.preview\.test +good for/m)
  expect([asked('pr-5'), stdout.includes('certificate of api--')]).toEqual([0, false])

  // as Certbot's own timer does
  await run(
    'certbot',
    [
      'renew',
      '--cert-name',
      WILDCARD,
      '--force-renewal',
      '--no-random-sleep-on-renew',
      ...places(),
    ],
    {
      env: { ...process.env, ...vm.env },
    },
  )
  await waitFor(
    async () => ![undefined, wildcard].includes(await shown('pr-5', '*.preview.test')),
    { what: 'the renewal was not taken' },
  )
  await waitFor(async () => (await shown('pr-1', '*.preview.test')) !== wildcard, {
    what: 'one has the old one',
  })
})

test('when they are gone for good nothing of them is left, also after a kill', async () => {
  await remove('pr-2')
  expect(traces().some((each) => each.includes('--pr-2'))).toBe(true)
  const { previews: _, ...app } = vm.config.apps['api'] ?? {}
  vm.config.apps['api'] = app
  writeFileSync(vm.receiver().config, JSON.stringify(vm.config), { mode: 0o600 })
  await killed()
  await vm.start()
  await waitFor(() => command('certificates', '--look').then(() => traces().length === 0), {
    what: 'something is left',
  }).catch(() => {})
  expect(traces()).toEqual([])
})
