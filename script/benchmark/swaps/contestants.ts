import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ask, type Site } from '../../../test/support/ask.ts'
import type { TlsSite } from '../../../test/support/multiplex.ts'
import type { PrivateNginx } from '../../../test/support/nginx.ts'
import { freePort, reserveSubnet } from '../../../test/support/ports.ts'
import type { Rig } from '../rig.ts'
import { plainSite } from './plain-site.ts'

const run = promisify(execFile)
const PORT = 8000
const NETWORK = 'instead'
/** What somebody careful waits after a swap, until nothing is under way any more. */
const SETTLE_MS = 1500

/** How people swap an app instead. */
export interface Contestant {
  name: string
  /** In a whole run. */
  swaps: number
  site: Site
  tls: TlsSite
  start(): Promise<void>
  /** To the other version. Resolves when it answers. */
  swap(number: number): Promise<void>
  stop(): Promise<void>
}

export interface Pair {
  certificate: string
  key: string
}

/** Runs a docker command. */
export const dockerAt =
  (host: string, env: Record<string, string> = {}) =>
  async (...args: string[]): Promise<string> =>
    (await run('docker', args, { env: { ...process.env, DOCKER_HOST: host, ...env } })).stdout

/** Those that a machine by itself can do. */
export async function contestants(rig: Rig, pair: Pair): Promise<Contestant[]> {
  const { vm, engine } = rig
  const { subnet, release } = await reserveSubnet()
  const docker = dockerAt(engine.host)
  const address = (host: number) => subnet.replace('0/24', String(host))
  const image = (number: number) => `${vm.repository}:${(number % 2) + 1}`
  const web = await plainWeb(vm.nginx, pair)
  const start = (name: string, number: number, host: number) =>
    docker(
      'run',
      '-d',
      `--name=${name}`,
      `--network=${NETWORK}`,
      `--ip=${address(host)}`,
      image(number),
    )
  await docker('network', 'create', `--subnet=${subnet}`, NETWORK)

  const removeAll = async () => {
    const ids = (await docker('ps', '-aq', `--filter=network=${NETWORK}`))
      .split('\n')
      .filter(Boolean)
    if (ids.length > 0) await docker('rm', '-f', ...ids)
  }

  const reload: Contestant = {
    name: 'a new container, and `nginx -s reload`',
    swaps: 100,
    ...web.sites,
    async start() {
      await start('web-0', 0, 10)
      await untilHealthy(address(10))
      await web.to(address(10))
    },
    async swap(number) {
      const host = 10 + (number % 2)
      await start(`web-${number}`, number, host)
      await untilHealthy(address(host))
      await web.to(address(host))
      await pause(SETTLE_MS)
      await docker('rm', '-f', `web-${number - 2}`).catch(() => undefined)
      await docker('stop', `web-${number - 1}`)
      await docker('rm', `web-${number - 1}`)
    },
    stop: removeAll,
  }
  const stopThenStart: Contestant = {
    name: '`docker stop`, then `docker run`',
    swaps: 20,
    ...web.sites,
    async start() {
      await start('web', 0, 10)
      await untilHealthy(address(10))
      await web.to(address(10))
    },
    async swap(number) {
      await docker('stop', 'web')
      await docker('rm', 'web')
      await start('web', number, 10)
      await untilHealthy(address(10))
      await pause(SETTLE_MS)
    },
    stop: removeAll,
  }
  const project = join(rig.workspace.folder('compose'), 'compose.yaml')
  writeFileSync(project, composeFile(address(10)))
  const up = (number: number) =>
    dockerAt(engine.host, { IMAGE: image(number) })('compose', '-f', project, 'up', '-d')
  const compose: Contestant = {
    name: '`docker compose up -d`',
    swaps: 20,
    ...web.sites,
    async start() {
      await up(0)
      await untilHealthy(address(10))
      await web.to(address(10))
    },
    async swap(number) {
      await up(number)
      await untilHealthy(address(10))
      await pause(SETTLE_MS)
    },
    async stop() {
      await removeAll()
      await docker('network', 'rm', NETWORK)
      await release()
    },
  }
  return [reload, stopThenStart, compose]
}

const composeFile = (address: string) => `services:
  web:
    image: \${IMAGE}
    networks:
      ${NETWORK}:
        ipv4_address: ${address}
networks:
  ${NETWORK}:
    external: true
`

/** A plain site in an Nginx, that can be led elsewhere. */
export async function plainWeb(
  nginx: PrivateNginx,
  pair: Pair,
): Promise<{
  sites: { site: Site; tls: TlsSite }
  to(host: string, port?: number): Promise<void>
}> {
  const ports = { http: await freePort(), tls: await freePort() }
  const ca = readFileSync(pair.certificate, 'utf8')
  const file = join(nginx.directory, 'plain.conf')
  const domain = 'tls.api.test'
  return {
    sites: { site: { port: ports.http, domain }, tls: { port: ports.tls, domain, ca } },
    async to(host, port = PORT) {
      rmSync(file, { force: true })
      writeFileSync(file, plainSite({ ports, pair, domain, app: `${host}:${port}` }))
      await nginx.check()
    },
  }
}

export async function untilHealthy(host: string, port = PORT): Promise<void> {
  const site = { host, port, domain: host }
  const isHealthy = async () =>
    (await ask(site, { path: '/healthz', timeoutMs: 1000 }).catch(() => undefined))?.status === 200
  while (!(await isHealthy())) await pause(20)
}
