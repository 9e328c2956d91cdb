import { DatabaseSync } from 'node:sqlite'
import type { DockerApp } from '../../receiver/core/app.ts'
import type { Container } from '../../receiver/core/slots/container.ts'
import type { ContainerPlan, SlotPorts } from '../../receiver/core/slots/ports.ts'
import type { Disk, ImageFacts } from '../../receiver/core/image/image-store.ts'
import type { Layer } from '../../receiver/core/image/registry.ts'
import { DeployError } from '../../receiver/core/errors.ts'
import { createAttestations } from '../../receiver/edges/store/attestations.ts'
import { createKeptLogs } from '../../receiver/edges/store/kept-logs.ts'
import { openDatabase } from '../../receiver/edges/store/schema.ts'
import { createSettingsVault } from '../../receiver/edges/store/settings.ts'
import { createSlotRecord, type StoredSlots } from '../../receiver/edges/store/slot-record.ts'
import { createStore, type Store } from '../../receiver/edges/store/store.ts'
import { supersede } from '../../receiver/core/intake/supersede.ts'
import { createTurns, type Turns } from '../../receiver/core/turns.ts'
import type { Rollouts } from '../../receiver/core/rollout.ts'
import { createEar, type Ear } from '../../receiver/core/slots/ear.ts'
import { createSlotsRollout } from '../../receiver/core/slots/rollout.ts'
import { createFakeClock, type FakeClock } from './fakes/clock.ts'
import { createFakeEngine, type FakeEngine, type FakeReleases } from './fakes/engine.ts'
import { createFakeProject, type FakeProject } from './fakes/project.ts'
import { createFakeProbe, type FakeAnswers } from './fakes/probe.ts'
import { createFakeRegistry } from './fakes/registry.ts'
import { createFakeSites, type FakeSites } from './fakes/sites.ts'
import { createFakeSlots, type FakeFlag } from './fakes/slots.ts'

export const DIGEST = {
  one: `sha256:${'1'.repeat(64)}`,
  two: `sha256:${'2'.repeat(64)}`,
  three: `sha256:${'3'.repeat(64)}`,
} as const

export const APP: DockerApp = {
  engine: 'docker',
  name: 'api',
  image: { repository: 'registry.example/acme/api', tag: 'latest' },
  domains: [],
  port: 8000,
  http: true,
  strategy: 'blue-green',
  container: {
    environment: {},
    secretEnvironment: [],
    secretVariables: {},
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
    secretHeaders: [],
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

/** All ports of two slots, and the rollout on them. */
export type WorldPorts = SlotPorts & { rollouts: Rollouts; turns: Turns }

/** Where no app is of another engine. */
export const slotsAlone = (docker: Rollouts['docker']): Rollouts => ({
  docker,
  swarm: undefined as never,
  kubernetes: undefined as never,
})

/** Ports with a rollout that uses these very ports. */
export function withRollouts(ports: SlotPorts): WorldPorts {
  const all: WorldPorts = {
    ...ports,
    rollouts: slotsAlone(undefined as never),
    turns: createTurns(),
  }
  all.rollouts = slotsAlone(createSlotsRollout(all))
  return all
}

/** An engine, a registry, flags, Nginx and a probe in memory, with the real store; each call is noted in `calls`. */
export interface FakeWorld {
  ports: WorldPorts
  store: Store
  clock: FakeClock
  calls: string[]
  containers: Map<string, Container>
  /** What each container was made with. */
  plans: Map<string, ContainerPlan>
  /** Of the app `api`. */
  flag: FakeFlag
  /** Answers of the probe, by digest; 200 unless set. */
  answers: FakeAnswers
  /** Thrown by the engine's or registry's method of that name. */
  failures: Map<string, Error>
  openConnections: Map<string, number>
  /** The engine's disk, the layers that it holds, and those that a pull would bring. */
  disk: { value: Disk | undefined; held: string[][]; wanted: Layer[] }
  /** What images are made for, by digest; port 8000, no HEALTHCHECK and no VOLUME unless set. */
  facts: Map<string, ImageFacts>
  /** Someone removes images that have no tag and no container. */
  pruneImages(): void
  /** Volumes that there are. */
  volumes: Set<string>
  /** The memory of where apps are, all of it. */
  record: StoredSlots
  /** What Nginx knows of each app. */
  shown: Map<string, string>
  /** What Compose has of the app's project. */
  project: FakeProject
  /** What Nginx says. */
  nginx: Pick<FakeSites, 'warnings' | 'answer'>
  /** What the test of a HEALTHCHECK comes to, by container; as the engine has it unless set. */
  tests: FakeEngine['tests']
  /** What the engine remembers of ends before the last start, by container. */
  ends: FakeEngine['ends']
  /** Containers that do not hear the signal to stop, and are killed. */
  deaf: FakeEngine['deaf']
  /** What release commands do. */
  releases: FakeReleases
  reports: string[]
  /** What is heard of the engine's events: all that there is, until it is told otherwise. */
  ear: Ear
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
    /** Of a rollback: whether rights and secrets come back too. */
    releaseSettings?: boolean
  }): void
}

export function createFakeWorld(database: DatabaseSync = openDatabase(':memory:')): FakeWorld {
  const clock = createFakeClock()
  const store = createStore(database, createSettingsVault(database, Buffer.alloc(32, 7)))
  const calls: string[] = []
  const reports: string[] = []
  const bundles: unknown[] = []
  const failures: FakeWorld['failures'] = new Map()
  const note = (method: string, subject: string) => {
    calls.push(`${method} ${subject}`)
    const failure = failures.get(method)
    if (failure !== undefined) throw failure
  }

  const wanted: Layer[] = []
  const {
    engine,
    containers,
    plans,
    tests,
    ends,
    deaf,
    releases,
    facts,
    volumes,
    pruneImages,
    ...fake
  } = createFakeEngine({
    note,
    now: clock.now,
    source: () => disk.wanted.map(({ diffId }) => diffId),
  })
  const disk: FakeWorld['disk'] = Object.assign(fake.disk, { wanted })
  // every digest is there, and the followed tag stands for the first
  const { registry, tags } = createFakeRegistry({
    note,
    otherwise: () => ({ platforms: { 'linux/amd64': disk.wanted, 'linux/arm64': disk.wanted } }),
  })
  tags.set(`${APP.image.repository}:${APP.image.tag}`, DIGEST.one)
  const project = createFakeProject({ note })
  const { slots, flag } = createFakeSlots({ note })
  const ear = createEar()
  ear.listens(true)
  const nginx = createFakeSites()
  const { sites, shown } = nginx
  const answers: FakeAnswers = new Map()
  const openConnections = new Map<string, number>()
  const record = createSlotRecord(database, '10.213.0.0/24')

  return {
    store,
    clock,
    calls,
    reports,
    bundles,
    containers,
    plans,
    flag: flag(APP.name),
    answers,
    failures,
    openConnections,
    shown,
    nginx,
    project,
    disk,
    tests,
    ends,
    deaf,
    releases,
    facts,
    volumes,
    pruneImages,
    record,
    ear,
    ports: withRollouts({
      journal: store,
      record,
      engine,
      compose: project.compose,
      images: engine,
      registry,
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
      keptLogs: createKeptLogs(database, () => (value) => value),
      slots,
      sites,
      probe: createFakeProbe(containers, answers),
      grpcProbe: async () => ({ status: 0, message: '', serving: 1 }),
      listeners: () => [],
      heard: (app) => ear.heard(app),
      connections: ({ pid }) =>
        openConnections.get(
          [...containers.values()].find((each) => each.pid === pid)?.name ?? '',
        ) ?? 0,
      clock,
      report: (message, details) => {
        reports.push(`${message} ${JSON.stringify(details)}`)
      },
    }),
    accept({ id, digest, tag, action = 'deploy', settingsOf, releaseSettings }) {
      supersede(APP.name, { ...store, now: clock.now })
      store.add({
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
        ...(releaseSettings === undefined ? {} : { release_settings: releaseSettings }),
        source: {},
        created_at: clock.now(),
        steps: [],
      })
    },
  }
}

export const unreachable = () =>
  new DeployError('registry_unreachable', 'cannot pull: connection refused', { hint: 'look' })
