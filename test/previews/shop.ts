import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PrivateRegistry } from '../support/registry.ts'
import { pushTiny } from '../support/tiny-image.ts'
import type { Vm } from '../support/vm.ts'

const run = promisify(execFile)
/** Of production, as Compose calls it. */
const PROJECT = 'previews-shop'

/** An app with a database, which writes a row whenever it starts. Previews have another version of that one. */
const compose = (repository: string) => `
name: ${PROJECT}
services:
  web:
    image: ${repository}:preview-0
    depends_on: { db: { condition: service_healthy } }
    environment: { DB_URL: "db://shop:\${DB_PASSWORD}@db" }
    volumes: [files:/files]
    stop_grace_period: 1s
  db:
    image: ${repository}-db:1
    command: [/bin/busybox, sh, -c, "echo row >>/rows/all; exec /bin/busybox httpd -f -p 8000 -h /rows"]
    volumes: [rows:/rows]
    healthcheck: { test: [CMD, /bin/busybox, "true"], interval: 2s, timeout: 60s, retries: 30 }
    stop_grace_period: 0s
volumes: { files: , rows: }
`

export interface Shop {
  /** What the database of production has. */
  rows(): Promise<string>
  /** The version that visitors of production get. */
  version: string
}

/** Makes an app `shop` of a Compose project part of the config, with previews of which none is anywhere yet. */
export async function addShop(
  vm: Vm,
  { engine, registry, previews }: { engine: string; registry: PrivateRegistry; previews: object },
): Promise<Shop> {
  const folder = join(vm.dir, 'shop')
  mkdirSync(folder)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('compose.yaml', compose(vm.repository))
  write('.env', 'DB_PASSWORD=of-production\n')
  write('preview.env', 'DB_PASSWORD=of-previews\n')
  write('preview.yaml', `services: { db: { image: "${vm.repository}-db:2" } }\n`)
  vm.config.apps['shop'] = {
    domains: ['shop.test'],
    health: { path: '/healthz', deadline: '60s' },
    watch: '1s',
    drain: '1500ms',
    compose: { file: join(folder, 'compose.yaml'), service: 'web' },
    previews: {
      ...previews,
      compose: {
        file: [join(folder, 'compose.yaml'), join(folder, 'preview.yaml')],
        env_file: join(folder, 'preview.env'),
      },
    },
  }
  // Compose pulls it for production, and what is of previews goes with the last of them
  for (const [tag, version] of [
    ['1', 'database'],
    ['2', 'database of previews'],
  ] as const) {
    await pushTiny({ image: `${vm.repository}-db:${tag}`, version, login: registry })
  }
  vm.env['DOCKER_CONFIG'] = signedIn(vm, registry)
  const env = { ...process.env, DOCKER_HOST: engine }
  return {
    version: 'preview-0',
    async rows() {
      const exec = ['exec', `${PROJECT}-db-1`, '/bin/busybox', 'cat', '/rows/all']
      return (await run('docker', exec, { env })).stdout
    },
  }
}

function signedIn(vm: Vm, { host, username, password }: PrivateRegistry): string {
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const folder = join(vm.dir, 'docker')
  mkdirSync(folder)
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
  return folder
}
