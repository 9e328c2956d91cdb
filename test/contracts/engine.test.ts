import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { ContainerPlan } from '../../receiver/core/slots/ports.ts'
import { systemClock } from '../../receiver/edges/clock.ts'
import { connectDocker } from '../../receiver/edges/docker/connect.ts'
import { createEngine } from '../../receiver/edges/docker/engine.ts'
import { createOptions } from '../../receiver/edges/docker/create-options.ts'
import { containerName, releaseName } from '../../receiver/edges/docker/container-name.ts'
import { ensureNetwork } from '../../receiver/edges/docker/network.ts'
import { createRegistry } from '../../receiver/edges/registry/registry.ts'
import { divide } from '../../receiver/edges/subnet.ts'
import { APP, DIGEST } from '../support/fake-world.ts'
import { createFakeEngine, nameOf } from '../support/fakes/engine.ts'
import { createFakeRegistry } from '../support/fakes/registry.ts'
import { fixedLogin } from '../support/fixed-login.ts'
import { type ImageConfig, pushTiny } from '../support/tiny-image.ts'
import { freePort, reserveSubnet } from '../support/ports.ts'
import { readingAs } from '../support/reading.ts'
import { openWorkspace } from '../support/workspace.ts'
import { engineContract } from './engine.ts'
import type { EngineUnderTest } from './engine-at-work.ts'
import { homeOn, INSTALLATION } from '../support/home.ts'

const CONTRACT = { ...APP, name: 'contract' }
const PLAN = {
  app: CONTRACT,
  deployment: 'dep_1',
  generation: 1,
  slot: 'blue',
  replica: 1,
  port: 8000,
  volumes: [],
} as const
/** Tells images that may be swept away from those of other tests: all share one engine. */
const SWEPT = 'contract-engine'
/** Longer than any machine takes. */
const LONG_MS = 300_000

engineContract('the fake', {}, async () => {
  const repository = 'registry.example/acme/contract'
  const image = { repository, digest: DIGEST.one }
  const other = { repository, digest: DIGEST.two }
  const away = { repository: 'nowhere.example/acme/contract', digest: DIGEST.one }

  const registry = createFakeRegistry()
  const layers = [{ diffId: 'base', bytes: 1 }]
  registry.images.set(`${repository}@${DIGEST.one}`, {
    layers: [...layers, { diffId: 'one', bytes: 1 }],
  })
  registry.images.set(`${repository}@${DIGEST.two}`, {
    layers: [...layers, { diffId: 'two', bytes: 1 }],
  })
  const nobody = createFakeRegistry()
  nobody.mood.value = 'away'

  let isStranger = false
  const fake = createFakeEngine({
    source(asked) {
      registry.mood.value = isStranger ? 'refuses' : 'answers'
      const found = (asked.repository === repository ? registry : nobody).find(asked)
      return 'layers' in found ? found.layers.map(({ diffId }) => diffId) : []
    },
  })
  const { engine, containers, ends, releases, facts, volumes } = fake
  facts.set(DIGEST.two, { ports: [8000], volumes: ['/data'] })
  fake.networks.add('further')
  const stand = async (name: string, exitCode = 0) => {
    if (exitCode !== 0) ends.set(name, { exitCode, oomKilled: false })
    Object.assign(containers.get(name) ?? {}, {
      running: false,
      ...(exitCode === 0 ? {} : { exitCode, pid: 0 }),
    })
  }
  let generation = 0
  return {
    engine,
    stranger: {
      ...engine,
      async pull(...asked) {
        isStranger = true
        return engine.pull(...asked).finally(() => (isStranger = false))
      },
    },
    neighbour: createFakeEngine().engine,
    image,
    other,
    missing: { repository, digest: DIGEST.three },
    away,
    layersOf: async ({ digest }) => ['base', digest === DIGEST.one ? 'one' : 'two'],
    plan: (change = {}) => ({ ...PLAN, ...image, address: '10.0.0.2', ...change }),
    addresses: ['10.0.0.3', '10.0.0.4'],
    nameOf,
    async older(path) {
      const plan = { ...PLAN, ...image, address: '10.0.0.2' }
      await engine.start(plan)
      const volume = 'f'.repeat(64)
      volumes.add(volume)
      Object.assign(containers.get(nameOf(plan)) ?? {}, { anonymous: { [path]: volume } })
      return nameOf(plan)
    },
    pruneImages: async () => fake.pruneImages(),
    volumes: async () => [...volumes],
    test(kind, name) {
      const exitCode = { passes: 0, fails: 3, hangs: undefined }[kind]
      fake.tests.set(name, () => ({ exitCode, output: kind === 'hangs' ? '' : 'no database' }))
      return ['CMD', kind]
    },
    befall: {
      pause: stand,
      cutOff: stand,
      cutOffFurther: async (name) =>
        void Object.assign(containers.get(name) ?? {}, { cutOff: true }),
      kill: (name) => stand(name, 137),
    },
    further: 'further',
    release(waits) {
      const ended = Promise.withResolvers<void>()
      const before = releases.started
      Object.assign(releases, {
        lines: ['one', 'two', ...(waits === 'without a line end' ? [`${'x'.repeat(1000)}…`] : [])],
        exitCode: 3,
        hangs: waits === 'for ever',
        ends: async () => {
          if (waits === 'until end') await ended.promise
        },
      })
      const command = ['migrate']
      return {
        plan: {
          app: CONTRACT,
          generation: ++generation,
          ...image,
          command,
          timeoutMs: LONG_MS,
          volumes: [],
        },
        started: () => releases.started - before,
        end: async () => ended.resolve(),
      }
    },
    close: async () => {},
  }
})

engineContract('Docker', { tags: 'long' }, async () => {
  const stack = inject('stack')
  const network = 'contract'
  const further = 'contract-further'
  const { username, password } = stack.registry
  const repository = `${stack.registry.host}/acme/contract-engine`
  const workspace = openWorkspace()
  const subnet = await reserveSubnet()
  const docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
  await ensureNetwork(docker, {
    name: network,
    subnet: subnet.subnet,
    installation: INSTALLATION.id,
  })
  await docker.createNetwork({ Name: further, Driver: 'bridge' })
  const [address = '', second = '', third = ''] = divide(subnet.subnet).slotAddresses()

  const push = async (version: string, config: ImageConfig = {}) => {
    const digest = await pushTiny({
      image: `${repository}:${version}`,
      version: `contract-${version}`,
      config: { Labels: { [SWEPT]: '' }, ...config },
      login: { username, password },
    })
    return { repository, digest }
  }
  const [image, other] = [await push('one'), await push('two', { Volumes: { '/data/': {} } })]
  const engineAs = (as: string, home = homeOn(network)) =>
    createEngine({
      docker,
      home,
      credentials: fixedLogin({ username, password: as }),
      clock: systemClock,
    })
  const registry = createRegistry(readingAs({ username, password }))
  const plan: EngineUnderTest['plan'] = (change = {}) => ({
    ...PLAN,
    app: { ...CONTRACT, container: { ...CONTRACT.container, command: SERVE } },
    ...image,
    address,
    ...change,
  })

  let generation = 0
  return {
    engine: engineAs(password),
    stranger: engineAs('not-the-password'),
    neighbour: engineAs(password, { network, installation: { ...INSTALLATION, id: 'another' } }),
    image,
    other,
    missing: { repository, digest: `sha256:${'0'.repeat(64)}` },
    away: { repository: `127.0.0.1:${await freePort()}/acme/contract`, digest: image.digest },
    async layersOf(asked) {
      const platform = { os: 'linux', architecture: 'amd64' }
      const found = await registry.layers(asked, platform, AbortSignal.timeout(LONG_MS))
      return found.map(({ diffId }) => diffId)
    },
    plan,
    addresses: [second, third],
    nameOf: (each: ContainerPlan) => containerName(network, each),
    async older(path) {
      const { Labels = {}, HostConfig, ...options } = createOptions(plan(), homeOn(network))
      const { 'deploy-receiver.volumes': _, ...labels } = Labels
      const nameless = [{ Type: 'volume' as const, Source: '', Target: path }]
      const container = await docker.createContainer({
        ...options,
        Labels: labels,
        HostConfig: { ...HostConfig, Mounts: nameless },
      })
      await container.start()
      return containerName(network, plan())
    },
    pruneImages: async () =>
      void (await docker.pruneImages({ filters: { dangling: ['true'], label: [SWEPT] } })),
    volumes: async () => (await docker.listVolumes()).Volumes.map(({ Name }) => Name),
    test: (kind) => ['CMD', '/bin/busybox', 'sh', '-c', TESTS[kind]],
    befall: {
      pause: async (name) => void (await docker.getContainer(name).pause()),
      cutOff: async (name) =>
        void (await docker.getNetwork(network).disconnect({ Container: name, Force: true })),
      cutOffFurther: async (name) =>
        void (await docker.getNetwork(further).disconnect({ Container: name, Force: true })),
      async kill(name) {
        const container = docker.getContainer(name)
        await container.kill()
        await container.wait()
      },
    },
    further,
    release(waits) {
      const dir = workspace.folder(`release-${++generation}`)
      const volumes = [`${dir}:/out`]
      const app = { ...CONTRACT, container: { ...CONTRACT.container, volumes } }
      const script = `echo started >> /out/runs; echo one; echo two; ${WAITS[waits]}; exit 3`
      const command = ['/bin/busybox', 'sh', '-c', script]
      const release = {
        app,
        generation,
        ...image,
        command,
        timeoutMs: LONG_MS,
        volumes: [],
      }
      return {
        plan: release,
        started: () =>
          existsSync(join(dir, 'runs'))
            ? readFileSync(join(dir, 'runs'), 'utf8').split('\n').length - 1
            : 0,
        async end() {
          writeFileSync(join(dir, 'end'), '')
          // whoever waits for it may have removed it already
          await docker
            .getContainer(releaseName(network, release))
            .wait()
            .catch(() => {})
        },
      }
    },
    async close() {
      await docker.getNetwork(further).remove()
      await docker.getNetwork(network).remove()
      await subnet.release()
      await workspace.close()
    },
  }
})

/** As process 1 busybox's httpd hears no SIGTERM: whoever stops it does not wait for it. */
const SERVE = [
  '/bin/busybox',
  'sh',
  '-c',
  'echo listening; echo "oh no"; exec /bin/busybox httpd -f -p 8000 -h /www',
]

const TESTS = {
  passes: 'echo "no database"',
  fails: 'echo "no database" >&2; exit 3',
  hangs: '/bin/busybox sleep 1000',
} as const

const WAITS = {
  'at once': 'true',
  'until end': 'while [ ! -e /out/end ]; do /bin/busybox sleep 0.1; done',
  'for ever': '/bin/busybox sleep 1000',
  'without a line end': '/bin/busybox head -c 20000000 /dev/zero | /bin/busybox tr "\\0" x',
} as const
