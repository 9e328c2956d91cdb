// @module-tag long
import { afterAll, beforeAll, inject } from 'vitest'
import type Docker from 'dockerode'
import type { DockerApp } from '../../receiver/core/app.ts'
import type { StoredDeployment } from '../../receiver/core/journal.ts'
import { showApps } from '../../receiver/core/slots/show-apps.ts'
import { createRedactor } from '../../receiver/core/redaction/redactor.ts'
import { systemClock } from '../../receiver/edges/clock.ts'
import { connectDocker } from '../../receiver/edges/docker/connect.ts'
import { ensureNetwork } from '../../receiver/edges/docker/network.ts'
import { divide } from '../../receiver/edges/subnet.ts'
import { openDocker } from '../../receiver/serve/engines/open-docker.ts'
import { openStore } from '../../receiver/serve/open-store.ts'
import { ask } from '../support/ask.ts'
import { APP } from '../support/fake-world.ts'
import { fixedLogin } from '../support/fixed-login.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { type PrivateNginx, startNginx } from '../support/nginx.ts'
import { freePort, reserveSubnet, type Subnet } from '../support/ports.ts'
import { readingAs } from '../support/reading.ts'
import { rolloutContract, type RolloutWorld } from './rollout.ts'
import { INSTALLATION } from '../support/home.ts'

const NETWORK = 'rollout-contract'
const stack = inject('stack')
const repository = `${stack.registry.host}/acme/rollout`
const { username, password } = stack.registry
const versions = new Map<string, string>()
let docker: Docker
let subnet: Subnet
let nginx: PrivateNginx
let digests: RolloutWorld['digests']
let worlds = 0

beforeAll(async () => {
  subnet = await reserveSubnet()
  docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
  await ensureNetwork(docker, {
    name: NETWORK,
    subnet: subnet.subnet,
    installation: INSTALLATION.id,
  })
  nginx = await startNginx({ dir: `${stack.dir}/rollout-nginx` })
  const push = async (version: string, isBroken = false) => {
    const digest = await pushTiny({
      host: stack.dockerHost,
      image: `${repository}:${version}`,
      version,
      broken: isBroken,
      login: { username, password },
    })
    versions.set(version, digest)
    return digest
  }
  digests = { one: await push('one'), two: await push('two'), broken: await push('three', true) }
})

afterAll(async () => {
  await nginx.stop()
  await docker.getNetwork(NETWORK).remove()
  await subnet.release()
})

rolloutContract('two slots on Docker, behind Nginx', async () => {
  const dir = `${stack.dir}/rollout-${++worlds}`
  const port = await freePort()
  const domain = `rollout-${worlds}.localhost`
  const app: DockerApp = {
    ...APP,
    name: `rollout-${worlds}`,
    image: { repository, tag: 'one' },
    container: { ...APP.container, stopGraceMs: 1000 },
    health: { ...APP.health, deadlineMs: 8000, intervalMs: 200 },
    watchMs: 300,
    drainMs: 300,
  }
  const store = openStore(
    { file: ':memory:', settingsKey: Buffer.alloc(32, 7), subnet: subnet.subnet },
    { clock: systemClock, log: () => {}, redactor: createRedactor({ common: [], apps: {} }) },
  )
  const credentials = fixedLogin({ username, password })
  const report = () => {}
  const { engine, sites, rollouts } = openDocker(
    {
      data: dir,
      network: { name: NETWORK, subnet: subnet.subnet },
      nginx: { ...nginx, listen: [`127.0.0.1:${port}`] },
    },
    {
      environment: process.env,
      docker,
      installation: INSTALLATION,
      credentials,
      read: readingAs({ username, password }),
      store,
      bridge: { subnet: subnet.subnet, gateway: divide(subnet.subnet).gateway },
      apps: () => new Map([[app.name, { ...app, domains: [domain], paths: ['/'] } as never]]),
      receiver: () => ({
        url: 'https://deploy.example.com',
        listen: { host: '127.0.0.1', port: 9080 },
      }),
      report,
    },
  )
  const shown = () => showApps([app], { ...store, sites, signal: new AbortController().signal })
  await nginx.reloaded(shown)
  const { journal } = store
  return {
    app,
    rollout: rollouts.docker,
    books: { journal, clock: systemClock, report },
    digests,
    accept({ id, digest }) {
      const image = { repository, digest }
      const created_at = systemClock.now()
      store.intake.add(
        {
          id,
          app: app.name,
          action: 'deploy',
          status: 'queued',
          image,
          source: {},
          created_at,
          steps: [],
        } satisfies StoredDeployment['deployment'],
        [],
      )
    },
    async served() {
      const { status, body } = await ask({ port, domain })
      return status === 200 ? versions.get(body.trim()) : undefined
    },
    async meddle() {
      for (const { name } of await engine.containers(app.name))
        await engine.stop(name, { graceMs: 0 })
    },
    async close() {
      for (const { name } of await engine.containers(app.name)) {
        await engine.remove(name, { graceMs: 0 })
      }
      await sites.remove(app.name)
      store.database.close()
    },
  }
})
