import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Fenced, fencedOf } from '../docs/fenced.ts'
import { waitFor } from '../support/processes.ts'
import { type Files, type ImageConfig, pushTiny } from '../support/tiny-image.ts'

const run = promisify(execFile)
const given = (name: string) => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: script/test-moves starts this`)
  return value
}
export const WORK = given('WORK')
const [MACHINE, ROOT, REGISTRY] = [given('MACHINE'), given('ROOT'), given('REGISTRY')]
const DOCKER_HOST = 'unix:///run/docker.sock'
const CA = 'https://127.0.0.1:14000/dir'
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Where what is shown stands: `docs/moving.md`, and one of its headings. */
export const blocksBelow = (page: string, heading: string): Fenced[] => {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8')
  const [, below] = text.split(`\n## ${heading}\n`)
  if (below === undefined) throw new Error(`docs/${page} has no heading ${heading}`)
  return fencedOf(below.split('\n## ', 1)[0] ?? '')
}

/** The block of these that begins so. */
export function block(blocks: readonly Fenced[], begins: string): string {
  const found = blocks.find(({ text }) => text.startsWith(begins))
  if (found === undefined) throw new Error(`no block of the page begins with: ${begins}`)
  return found.text
}

/** What a page says of other machines, as it is on this one: our registry, our CA, and nobody at the prompts. */
const here = (text: string) =>
  text
    .replaceAll('ghcr.io', REGISTRY)
    .replaceAll('acme.azurecr.io/', `${REGISTRY}/acme/`)
    .replaceAll('203.0.113.7', '127.0.0.1')
    .replaceAll('tls: { email: ops@example.com }', `tls: { email: ops@example.com, server: ${CA} }`)
    .replaceAll(
      'certbot certonly --manual',
      `REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt certbot certonly --server ${CA} \
-n --agree-tos -m ops@example.com --manual-auth-hook /root/txt --manual`,
    )

/** Types it on the machine, as root. Resolves to what it printed. */
export async function type(text: string): Promise<string> {
  const [line = ''] = text.split('\n', 1)
  console.log(`${performance.now().toFixed(0).padStart(8)} ms  ${line.slice(0, 100)}`)
  const script = `cd /root\n${here(text)}`
  const args = ['--target', MACHINE, '--all', '--', 'env', '-i', PATH, 'HOME=/root']
  const shell = [...args, 'LC_ALL=C.UTF-8', 'bash', '-euo', 'pipefail', '-c', script]
  const { stdout, stderr } = await run('nsenter', shell, { maxBuffer: 2 ** 24 })
  return `${stdout}${stderr}`
}

/** A file of the machine. */
export const put = (path: string, text: string, mode = 0o600) =>
  writeFileSync(join(ROOT, path), here(text), { mode })

/** The config of a page, with further changes to its text. */
export function putConfig(text: string, changes: readonly (readonly [string, string])[] = []) {
  let changed = text
  for (const [from, to] of changes) {
    if (!changed.includes(from)) throw new Error(`the page's config has no ${from}`)
    changed = changed.replace(from, to)
  }
  put('/etc/deploy-receiver/config.yaml', changed)
}

export const docker = async (...args: string[]) =>
  (await run('docker', args, { env: { ...process.env, DOCKER_HOST } })).stdout.trim()

/** Puts an image into the registry, and into the engine. Resolves to its name with the tag. */
export async function push(
  name: string,
  version: string,
  { files = {}, config = {} }: { files?: Files; config?: ImageConfig } = {},
): Promise<string> {
  const image = `${REGISTRY}/acme/${name}:latest`
  // which asks nobody for it
  const login = { username: 'acme', password: 'any' }
  await pushTiny({ host: DOCKER_HOST, image, version, files, config, login })
  return image
}

/** What the names of the public DNS lead to, for the CA, and the record that Certbot wants. */
export const dns = (path: string, body: object) =>
  fetch(`http://127.0.0.1:8055/${path}`, { method: 'POST', body: JSON.stringify(body) })

/** As whoever types Certbot's TXT record at the provider. */
export const TXT_BY_HAND = `#!/bin/sh
exec curl -fsS -d "{\\"host\\": \\"_acme-challenge.$CERTBOT_DOMAIN.\\", \\"value\\": \\"$CERTBOT_VALIDATION\\"}" http://127.0.0.1:8055/set-txt
`

/** Until the receiver says on this machine that the site has a certificate. */
export const untilCertified = (app: string) =>
  waitFor(
    async () => {
      const said = await type('deploy-receiver certificates || true')
      // the page's own words for it: "none yet" is right, too, as long as the CA is asked
      return new RegExp(`^ok +certificate of ${app} +good for \\d+ more days`, 'm').test(said)
    },
    { what: `the site of ${app} gets no certificate` },
  )
