import { DatabaseSync } from 'node:sqlite'
import type { AppSpec } from '../../receiver/core/app.ts'
import type {
  Clock,
  Container,
  ContainerPlan,
  Disk,
  Engine,
  Ports,
  Slot,
} from '../../receiver/core/ports.ts'
import type { Layer } from '../../receiver/core/image/registry.ts'
import { DeployError } from '../../receiver/core/errors.ts'
import { createAttestations } from '../../receiver/edges/store/attestations.ts'
import { openDatabase } from '../../receiver/edges/store/schema.ts'
import { createSettingsVault } from '../../receiver/edges/store/settings.ts'
import { createStore, type Store } from '../../receiver/edges/store/store.ts'

export const DIGEST = {
  one: `sha256:${'1'.repeat(64)}`,
  two: `sha256:${'2'.repeat(64)}`,
  three: `sha256:${'3'.repeat(64)}`,
} as const

export const APP: AppSpec = {
  name: 'api',
  image: { repository: 'registry.example/acme/api', tag: 'latest' },
  port: 8000,
  http: true,
  strategy: 'blue-green',
  container: {
    environment: {},
    volumes: [],
    labels: {},
    networks: [],
    restart: { name: 'unless-stopped', maximumRetries: 0 },
    stopGraceMs: 10_000,
    tmpfs: {},
    extraHosts: [],
    dns: [],
    groupAdd: [],
    ulimits: [],
    sysctls: {},
    readOnly: false,
    capAdd: [],
    capDrop: [],
    securityOpt: [],
    privileged: false,
    devices: [],
    gpus: [],
  },
  health: {
    path: '/healthz',
    headers: {},
    intervalMs: 2000,
    timeoutMs: 1000,
    healthyAfter: 2,
    deadlineMs: 10_000,
  },
  replicas: 1,
  watchMs: 3000,
  drainMs: 5000,
  warmMs: 0,
  pollMs: 0,
  keep: 2,
}

/** A clock that jumps to the end of every sleep; `during` runs in each. */
export interface FakeClock extends Clock {
  during: (now: number) => void
}

export function createFakeClock(): FakeClock {
  let now = 0
  const clock: FakeClock = {
    during: () => {},
    now: () => new Date(Date.UTC(2026, 0, 1) + now).toISOString(),
    ms: () => now,
    since: (at) => Date.UTC(2026, 0, 1) + now - Date.parse(at),
    async sleep(ms, signal) {
      signal.throwIfAborted()
      now += ms
      clock.during(now)
      signal.throwIfAborted()
    },
  }
  return clock
}

/** An engine, flags and a probe in memory, with the real store; each call is noted in `calls`. */
export interface FakeWorld {
  ports: Ports
  store: Store
  clock: FakeClock
  calls: string[]
  containers: Map<string, Container>
  /** What each container was made with. */
  plans: Map<string, ContainerPlan>
  flag: { live: Slot | undefined; paused: boolean }
  /** Answers of the probe, by digest; 200 unless set. */
  answers: Map<string, () => { status: number; body: string }>
  /** Thrown by the engine's or registry's method of that name. */
  failures: Map<string, Error>
  openConnections: Map<string, number>
  /** The engine's disk, the layers that it holds, and those that a pull would bring. */
  disk: { value: Disk | undefined; held: string[][]; wanted: Layer[] }
  /** What Nginx knows of each app. */
  shown: Map<string, string>
  /** What release commands print, and their exit code. */
  releases: { lines: string[]; exitCode: number }
  reports: string[]
  /** What the registry has: a bundle is right for the digest that it is. */
  bundles: unknown[]
  /** Keeps a queued deployment, as the way in would. */
  accept(deployment: {
    id: string
    digest?: string
    tag?: string
    action?: 'deploy' | 'rollback'
    /** Of a rollback: the deployment whose settings it brings back. */
    settingsOf?: string
  }): void
}

export function createFakeWorld(database: DatabaseSync = openDatabase(':memory:')): FakeWorld {
  const clock = createFakeClock()
  const store = createStore(database, {
    subnet: '10.213.0.0/24',
    now: clock.now,
    changed: () => {},
    settings: createSettingsVault(database, Buffer.alloc(32, 7)),
  })
  const calls: string[] = []
  const reports: string[] = []
  const containers = new Map<string, Container>()
  const plans = new Map<string, ContainerPlan>()
  const bundles: unknown[] = []
  const images = new Set<string>()
  const shown = new Map<string, string>()
  const disk: FakeWorld['disk'] = { value: undefined, held: [], wanted: [] }
  const flag: FakeWorld['flag'] = { live: undefined, paused: false }
  const releases: FakeWorld['releases'] = { lines: [], exitCode: 0 }
  const answers: FakeWorld['answers'] = new Map()
  const failures: FakeWorld['failures'] = new Map()
  const openConnections = new Map<string, number>()
  const note = (method: string, subject: string) => {
    calls.push(`${method} ${subject}`)
    const failure = failures.get(method)
    if (failure !== undefined) throw failure
  }

  const engine: Engine = {
    async containers(app) {
      return [...containers.values()]
        .filter((each) => each.app === app)
        .map((each) => ({ ...each }))
    },
    async container(name) {
      const found = containers.get(name)
      return found === undefined ? undefined : { ...found }
    },
    holds: async ({ digest }) => images.has(digest),
    disk: async () => disk.value,
    layers: async () => disk.held,
    async pull({ digest }) {
      note('pull', digest.slice(7, 11))
      images.add(digest)
      return { pulled: true }
    },
    image: async () => ({ ports: [8000], hasHealthcheck: false }),
    async start(plan) {
      const name = nameOf(plan)
      note('start', name)
      const standing = containers.get(name)
      if (standing !== undefined) standing.running = true
      else {
        containers.set(name, containerOf(plan))
        plans.set(name, plan)
      }
    },
    async startAgain(name) {
      note('startAgain', name)
      const standing = containers.get(name)
      if (standing !== undefined) standing.running = true
    },
    async stop(name) {
      note('stop', name)
      const standing = containers.get(name)
      if (standing !== undefined) standing.running = false
    },
    async runOnce({ command, generation }, { output }) {
      note('runOnce', `${generation}: ${command.join(' ')}`)
      for (const line of releases.lines) output(line)
      return { exitCode: releases.exitCode }
    },
    logs: async () => ['listening', 'oh no'],
    async remove(name) {
      note('remove', name)
      containers.delete(name)
    },
    images: async () => [...images],
    async removeImages(_repository, digests) {
      for (const digest of digests) {
        note('removeImage', digest.slice(7, 11))
        images.delete(digest)
      }
    },
  }

  return {
    store,
    clock,
    calls,
    reports,
    bundles,
    containers,
    plans,
    flag,
    answers,
    failures,
    openConnections,
    shown,
    disk,
    releases,
    ports: {
      journal: store,
      engine,
      registry: {
        async resolve({ tag }) {
          note('resolve', tag)
          return DIGEST.one
        },
        layers: async () => disk.wanted,
        platforms: async () => ['linux/arm64'],
      },
      attestations: {
        ...createAttestations(database),
        async fetch({ digest }) {
          note('fetchAttestations', digest.slice(7, 11))
          return bundles
        },
        async verify(given, { digest }) {
          if (given.includes(digest)) return { signer: 'acme/api/.github/workflows/deploy.yml' }
          throw new DeployError('not_attested', `${digest} has no attestation that fits`)
        },
      },
      slots: {
        live: () => flag.live,
        makeLive(_app, slot) {
          note('flag', slot)
          flag.live = slot
        },
        paused: () => flag.paused,
        pause() {
          note('pause', APP.name)
          flag.paused = true
        },
        unpause() {
          note('unpause', APP.name)
          flag.paused = false
        },
      },
      sites: {
        async ensure(upstreams) {
          for (const [app, { blue, green }] of Object.entries(upstreams)) {
            shown.set(app, `${blue.replicas} blue, ${green.replicas} green`)
          }
          return false
        },
      },
      async probe({ url }) {
        const at = [...containers.values()].find(({ address }) => url.includes(`//${address}:`))
        if (at?.running !== true) throw new Error(`connection refused by ${url}`)
        return answers.get(at.digest)?.() ?? { status: 200, body: 'ok' }
      },
      connections: ({ pid }) =>
        openConnections.get(
          [...containers.values()].find((each) => each.pid === pid)?.name ?? '',
        ) ?? 0,
      clock,
      report: (message, details) => {
        reports.push(`${message} ${JSON.stringify(details)}`)
      },
    },
    accept({ id, digest, tag, action = 'deploy', settingsOf }) {
      store.accept({
        id,
        app: APP.name,
        action,
        status: 'queued',
        image: {
          repository: APP.image.repository,
          ...(tag === undefined ? {} : { tag }),
          ...(digest === undefined ? {} : { digest }),
        },
        ...(settingsOf === undefined ? {} : { settings_of: settingsOf }),
        source: {},
        created_at: clock.now(),
        steps: [],
      })
    },
  }
}

export const nameOf = ({ app, generation, slot, replica }: ContainerPlan) =>
  `${app.name}-${generation}-${slot}${replica === 1 ? '' : `-${replica}`}`

let nextPid = 1000

const containerOf = (plan: ContainerPlan): Container => ({
  id: nameOf(plan),
  name: nameOf(plan),
  app: plan.app.name,
  generation: plan.generation,
  slot: plan.slot,
  replica: plan.replica,
  digest: plan.digest,
  address: plan.address,
  port: plan.port,
  running: true,
  exitCode: 0,
  oomKilled: false,
  restarts: 0,
  pid: nextPid++,
})

export const unreachable = () =>
  new DeployError('registry_unreachable', 'cannot pull: connection refused', { hint: 'look' })
