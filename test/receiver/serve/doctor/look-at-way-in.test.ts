import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NameServers } from '../../../../receiver/core/dns/records.ts'
import { receiverFile } from '../../../../receiver/edges/nginx/receiver-site.ts'
import { readUfw } from '../../../../receiver/edges/ufw.ts'
import {
  lookAtFirewall,
  lookAtNames,
  namesOf,
} from '../../../../receiver/serve/doctor/look-at-way-in.ts'
import { load } from '../../config/load-text.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'way-in-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const config = (...lines: string[]) =>
  load(
    [
      'url: https://deploy.acme.eu',
      'tls: { email: ops@acme.eu }',
      ...lines,
      'apps:',
      '  api: { image: ghcr.io/acme/api, domains: [acme.eu, api.test], redirect_from: [www.acme.eu] }',
      '  docs: { image: ghcr.io/acme/docs, domains: [acme.eu], paths: [/docs] }',
      '  shop: { image: ghcr.io/acme/shop, domains: [shop.acme.eu], tls: false, site: { trusted_proxies: [10.0.0.1] } }',
      '  job: { image: ghcr.io/acme/job, http: false }',
    ].join('\n'),
  )

const servers = (address: string[] | 'silent'): NameServers => ({
  a: async () => address,
  aaaa: async () => (address === 'silent' ? address : []),
  caa: async () => [],
})
const look = (names: Parameters<typeof lookAtNames>[0], address: string[] | 'silent') =>
  lookAtNames(names, { servers: servers(address), own: ['88.99.1.2'] })

test('each name that visitors come by is looked at once, as what it is to the CA', () => {
  const ca = { caaName: 'letsencrypt.org' }
  expect(namesOf(config())).toEqual([
    { domain: 'deploy.acme.eu', isBehindProxy: false },
    { domain: 'acme.eu', isBehindProxy: false, ca },
    { domain: 'www.acme.eu', isBehindProxy: false, ca },
    { domain: 'shop.acme.eu', isBehindProxy: true },
  ])
})

test('the name of the page is one of them, and a CA is asked for it where the receiver serves it', () => {
  const named = () => {
    const lines = ['page: { domain: page.acme.eu }', `nginx: { directory: ${directory} }`]
    return namesOf(config(...lines)).find(({ domain }) => domain === 'page.acme.eu')
  }
  expect(named()).toEqual({ domain: 'page.acme.eu', isBehindProxy: false })
  const site = receiverFile(directory, 'https://deploy.acme.eu')
  writeFileSync(site, 'server { server_name page.acme.eu; }')
  expect(named()).toEqual({
    domain: 'page.acme.eu',
    isBehindProxy: false,
    ca: { caaName: 'letsencrypt.org' },
  })
})

test('a name without a record fails where a certificate is wanted', async () => {
  const found = await look(namesOf(config()), [])
  expect(found.filter(({ ok }) => !ok).map(({ what }) => what)).toEqual([
    'dns of acme.eu',
    'dns of www.acme.eu',
  ])
})

test('a machine without name servers is one line, and names that are very many are not all asked for', async () => {
  expect(await look(namesOf(config()), 'silent')).toEqual([
    { id: 'dns', what: 'dns', ok: true, message: 'not compared: no name server answers' },
  ])
  const many = Array.from({ length: 250 }, (_, at) => ({
    domain: `a${at}.acme.eu`,
    isBehindProxy: false,
  }))
  const found = await look(many, ['88.99.1.2'])
  expect(found).toHaveLength(101)
  expect(found.at(-1)?.message).toBe('150 more domains were not looked at')
  expect(await look([], 'silent')).toEqual([])
})

const RULE = '### tuple ### allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in\n'

function ufw(files: Readonly<Record<string, string>>) {
  for (const each of ['ufw', 'default']) mkdirSync(join(directory, each), { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
  return readUfw(directory)
}

test('of ports that UFW keeps closed it is said how they are opened', () => {
  expect(lookAtFirewall(config(), readUfw(directory))).toEqual([])
  const on = { 'ufw/ufw.conf': '# on at boot\nENABLED=yes\nLOGLEVEL=low\n' }
  expect(ufw(on)).toBeUndefined()
  const drops = ufw({
    ...on,
    'default/ufw': 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n',
    'ufw/user.rules': RULE,
  })
  expect(lookAtFirewall(config(), drops)).toEqual([
    {
      id: 'firewall',
      what: 'firewall',
      ok: true,
      message: 'UFW lets nobody come to port 443, where Nginx is to listen',
      hint: 'sudo ufw allow 443/tcp',
    },
  ])
  const elsewhere = config(
    "nginx: { listen: ['80', '[::]:80'], listen_tls: ['127.0.0.1:8443', '[::1]:8443'] }",
  )
  expect(lookAtFirewall(elsewhere, drops)).toEqual([
    { id: 'firewall', what: 'firewall', ok: true, message: 'UFW lets visitors come to port 80' },
  ])
  const accepts = ufw({ 'default/ufw': 'DEFAULT_INPUT_POLICY="ACCEPT"\n' })
  expect(lookAtFirewall(config(), accepts)[0]).not.toHaveProperty('hint')
  expect(ufw({ 'ufw/ufw.conf': 'ENABLED=no\n' })).toBeUndefined()
})
