import { DeployError } from '../../../receiver/core/errors.ts'
import type { Container } from '../../../receiver/core/slots/container.ts'
import type {
  ContainerPlan,
  End,
  ReleasePlan,
  TestResult,
} from '../../../receiver/core/slots/ports.ts'
import type { ServiceContainer, ServicePlan } from '../../../receiver/core/project/ports.ts'
import type { Disk, ImageFacts } from '../../../receiver/core/image/image-store.ts'
import type { Engine } from '../../../receiver/edges/docker/engine.ts'
import { type Note, unnoted } from './note.ts'

export interface FakeEngine {
  engine: Engine
  containers: Map<string, Container>
  /** What each container was made with. */
  plans: Map<string, ContainerPlan>
  /** The disk, and layers of images that no repository of ours has. */
  disk: { value: Disk | undefined; held: string[][] }
  /** What is known of an image, by digest; port 8000 and no HEALTHCHECK unless set. */
  facts: Map<string, ImageFacts>
  /** What the test of a HEALTHCHECK comes to, by container; as the engine has it unless set. */
  tests: Map<string, () => TestResult>
  /** What the engine remembers of ends before the last start, by container. */
  ends: Map<string, End>
  /** Containers that do not hear the signal to stop, and are killed. */
  deaf: Set<string>
  /** Networks beside the receiver's own. */
  networks: Set<string>
  /** Volumes that there are. */
  volumes: Set<string>
  /** Someone removes what has no tag and no container, as `docker image prune` does. */
  pruneImages(): void
  releases: FakeReleases
}

/** What release commands do. */
export interface FakeReleases {
  lines: string[]
  exitCode: number
  /** When a command ends; at once by default. */
  ends: () => Promise<void>
  /** It does not end by itself: its time passes. */
  hangs: boolean
  /** How many were started. */
  started: number
  /** The generations whose containers stand. */
  standing: () => number[]
}

/** What Docker's log has of a container of ours. */
const LOG = ['listening', 'oh no']

/**
 * An engine in memory that behaves as Docker does by the contract in `test/contracts/engine.ts`. `source` gives the layers
 * of an image that is pulled, or throws what that pull throws.
 */
export function createFakeEngine({
  note = unnoted,
  now = () => new Date().toISOString(),
  source = () => [],
}: {
  note?: Note
  now?: () => string
  source?: (image: { repository: string; digest: string }) => readonly string[]
} = {}): FakeEngine {
  const containers = new Map<string, Container>()
  const plans = new Map<string, ContainerPlan>()
  const disk: FakeEngine['disk'] = { value: undefined, held: [] }
  const facts: FakeEngine['facts'] = new Map()
  const ends: FakeEngine['ends'] = new Map()
  const deaf = new Set<string>()
  const networks = new Set<string>()
  const volumes = new Set<string>()
  const tests: FakeEngine['tests'] = new Map()
  /** Containers in which a test runs without end. */
  const unended = new WeakSet<Container>()
  const releases: FakeReleases = {
    lines: [],
    exitCode: 0,
    ends: async () => {},
    hangs: false,
    started: 0,
    standing: () => [...commands.values()].map(({ generation }) => generation),
  }
  /** Layers by `repository@digest`. */
  const images = new Map<string, readonly string[]>()
  /** Containers of services that are run to their end. */
  const oneOffs = new Set<string>()
  /** Containers whose restart policy wants no more of them when they ended with 0. */
  const ending = new Set<string>()
  /** The apps that keep an image. */
  const kept = new Map<string, Set<string>>()
  /** Release commands that run, or that ended and were not removed. */
  const commands = new Map<
    string,
    { of: string; generation: number; lines: readonly string[]; ended: Promise<void> }
  >()

  const factsOf = ({ digest }: { digest: string }): ImageFacts =>
    facts.get(digest) ?? { ports: [8000], volumes: [] }

  const keep = (app: string, image: { repository: string; digest: string }): boolean => {
    if (!images.has(referenceOf(image))) return false
    kept.set(referenceOf(image), new Set([...(kept.get(referenceOf(image)) ?? []), app]))
    return true
  }

  /** Docker's own order: the image, the networks, the address. */
  const requireStartable = (plan: ContainerPlan) => {
    const why = (reason: string) =>
      new DeployError('start_failed', `cannot start ${nameOf(plan)}: ${reason}`)
    if (!images.has(referenceOf(plan))) throw why(`no such image: ${referenceOf(plan)}`)
    const unknown = plan.app.container.networks.find((name) => !networks.has(name))
    if (unknown !== undefined) throw why(`network ${unknown} not found`)
    const holder = [...containers.values()].find(
      ({ address, running }) => running && address === plan.address,
    )
    if (holder !== undefined) throw why('Address already in use')
  }

  const engine: Engine = {
    async containers(app) {
      return [...containers.values()]
        .filter((each) => each.app === app && !isService(each))
        .map((each) => ({ ...each }))
    },
    async services(app) {
      return [...containers.values()]
        .filter(isService)
        .filter((each) => each.app === app && !oneOffs.has(each.name))
        .map((each) => ({ ...each }))
    },
    async startService(plan) {
      const name = serviceNameOf(plan)
      note('start', name)
      const standing = containers.get(name)
      if (standing !== undefined) return run(standing)
      if (!images.has(referenceOf(plan))) {
        throw new DeployError('start_failed', `cannot start ${name}: no such image`)
      }
      containers.set(name, serviceOf(plan))
      if (['no', 'on-failure'].includes(plan.service.container.restart.name)) ending.add(name)
    },
    async runService(plan) {
      const name = serviceNameOf(plan)
      note('run', name)
      if (!containers.has(name)) releases.started += 1
      oneOffs.add(name)
      containers.set(name, { ...serviceOf(plan), running: false, exitCode: releases.exitCode })
      return { exitCode: releases.exitCode }
    },
    async container(name) {
      const found = containers.get(name)
      return found === undefined ? undefined : { ...found }
    },
    held: async (app, image) =>
      images.has(referenceOf(image))
        ? {
            facts: factsOf(image),
            isKept: kept.get(referenceOf(image))?.has(app) === true,
          }
        : undefined,
    disk: async () => disk.value,
    layers: async () => [...disk.held, ...images.values()].map((chain) => [...chain]),
    async pull(image, { signal, keepFor }) {
      note('pull', image.digest.slice(7, 11))
      const held = { facts: factsOf(image), isKept: false }
      if (images.has(referenceOf(image))) return { ...held, pulled: false }
      signal.throwIfAborted()
      images.set(referenceOf(image), source(image))
      const isKept = keepFor !== undefined && keep(keepFor, image)
      return { ...held, pulled: true, isKept }
    },
    async image(image) {
      if (!images.has(referenceOf(image))) {
        throw new DeployError('start_failed', `cannot look at ${referenceOf(image)}: no such image`)
      }
      return factsOf(image)
    },
    async start(plan, { ready } = {}) {
      await ready
      const name = nameOf(plan)
      note('start', name)
      const standing = containers.get(name)
      if (standing === undefined) {
        requireStartable(plan)
        ends.delete(name)
        containers.set(name, containerOf(plan))
        plans.set(name, plan)
        for (const { volume } of plan.volumes) volumes.add(volume)
      } else run(standing)
      const made = containers.get(name)
      return made === undefined ? undefined : { ...made }
    },
    async startAgain(name) {
      note('startAgain', name)
      const standing = containers.get(name)
      if (standing === undefined) {
        throw new DeployError('start_failed', `cannot start ${name}: no such container`)
      }
      run(standing)
    },
    async stop(name) {
      note('stop', name)
      const standing = containers.get(name)
      // a paused one does not run, and has a process all the same
      if (standing === undefined) return
      const end = deaf.has(name)
        ? { exitCode: 137 }
        : standing.running && ending.has(name)
          ? { doneAt: now() }
          : {}
      Object.assign(standing, { running: false, pid: 0 }, end)
    },
    async runOnce(plan, { output, signal }) {
      const { app, command, generation, timeoutMs } = plan
      note('runOnce', `${generation}: ${command.join(' ')}`)
      const name = `${app.name}-${generation}-release`
      const running = commands.get(name) ?? begin(plan)
      commands.set(name, running)
      for (const line of running.lines) output(line)
      await Promise.race([running.ended, aborted(signal)])
      // whoever is stopped here leaves it for the next start
      signal.throwIfAborted()
      if (releases.hangs) {
        throw new DeployError('release_failed', `it ran for more than ${timeoutMs / 1000} s`)
      }
      return { exitCode: releases.exitCode }
    },
    async removeReleases(app) {
      for (const [name, { of }] of commands) if (of === app) commands.delete(name)
      for (const name of oneOffs) containers.delete(name)
      oneOffs.clear()
    },
    async runCommand({ app, command }) {
      note('runCommand', `${app.name}: ${command.join(' ')}`)
      return { exitCode: 0 }
    },
    removeCommands: async () => {},
    async exec(name, command) {
      note('exec', `${name}: ${command.join(' ')}`)
      return { exitCode: 0 }
    },
    async runTest(name) {
      const standing = containers.get(name)
      if (standing?.running !== true) {
        throw new DeployError('start_failed', `cannot run a test: ${name} is not running`)
      }
      if (unended.has(standing)) return { exitCode: undefined, output: '' }
      const { status, output = '' } = standing.health ?? {}
      const ended = tests.get(name)?.() ?? { exitCode: status === 'healthy' ? 0 : 1, output }
      if (ended.exitCode === undefined) unended.add(standing)
      return ended
    },
    lastEnd: async (id) => ends.get(id),
    logs: async (name, lines) => (containers.has(name) ? LOG.slice(-lines) : []),
    async *lines(name, { tail = LOG.length, since = '', signal }) {
      signal.throwIfAborted()
      if (!containers.has(name)) throw new DeployError('engine_unreachable', `no ${name}`)
      for (const [second, text] of [...LOG.entries()].slice(-tail)) {
        const at = `2026-01-01T00:00:0${second}.000000000Z`
        if (at >= since) yield { at, text }
      }
    },
    async remove(name, { ended }) {
      note('remove', name)
      if (containers.has(name)) await ended?.()
      containers.delete(name)
    },
    volumeName: ({ app, path, replica }) => `${app}${path}-${replica}`,
    missingVolumes: async (names) => names.filter((name) => !volumes.has(name)),
    async removeVolumes(names) {
      const used = new Set(
        [...containers].flatMap(([name, { anonymous }]) => [
          ...Object.values(anonymous),
          ...(plans.get(name)?.volumes.map(({ volume }) => volume) ?? []),
        ]),
      )
      const gone = names.filter((name) => !used.has(name))
      for (const name of gone) volumes.delete(name)
      return gone
    },
    images: async (repository) =>
      [...images.keys()]
        .filter((reference) => reference.startsWith(`${repository}@`))
        .map((reference) => reference.slice(repository.length + 1)),
    keep: async (app, image) => keep(app, image),
    async removeImages(app, repository, digests) {
      for (const digest of digests) {
        note('removeImage', digest.slice(7, 11))
        const reference = referenceOf({ repository, digest })
        const isUsed = [...containers.values()].some((each) => each.digest === digest)
        const keepers = kept.get(reference) ?? new Set()
        if (isUsed && keepers.size < 2) continue
        keepers.delete(app)
        if (keepers.size === 0) images.delete(reference)
      }
    },
  }

  const begin = ({ app, generation, repository, digest }: ReleasePlan) => {
    if (!images.has(referenceOf({ repository, digest }))) {
      throw new DeployError('release_failed', `cannot run the release command of ${app.name}`)
    }
    releases.started += 1
    return { of: app.name, generation, lines: [...releases.lines], ended: releases.ends() }
  }

  const pruneImages = () => {
    for (const reference of images.keys()) {
      const isUsed = [...containers.values()].some(({ digest }) => reference.endsWith(digest))
      if (!isUsed && (kept.get(reference)?.size ?? 0) === 0) images.delete(reference)
    }
  }

  return {
    engine,
    containers,
    plans,
    disk,
    facts,
    tests,
    ends,
    deaf,
    networks,
    volumes,
    pruneImages,
    releases,
  }
}

const referenceOf = ({ repository, digest }: { repository: string; digest: string }) =>
  `${repository}@${digest}`

export const nameOf = ({
  app,
  generation,
  slot,
  replica,
}: Pick<ContainerPlan, 'app' | 'generation' | 'slot' | 'replica'>) =>
  `${app.name}-${generation}-${slot}${replica === 1 ? '' : `-${replica}`}`

/** `shop-7_worker_1`. */
const serviceNameOf = ({ app, generation, service, replica }: ServicePlan) =>
  `${app.name}-${generation}_${service.name}_${replica}`

const isService = (container: Container): container is ServiceContainer => 'service' in container

const serviceOf = (plan: ServicePlan): ServiceContainer => ({
  ...containerOf({ ...plan, slot: 'blue', address: '', port: 0 }),
  id: serviceNameOf(plan),
  name: serviceNameOf(plan),
  service: plan.service.name,
})

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

let nextPid = 1000

/** A start counts anew: Docker forgets how it ended before, and how often it was restarted. */
function run(container: Container): void {
  if (container.cutOff === true) container.cutOff = false
  if (container.running) return
  const fresh = { running: true, exitCode: 0, oomKilled: false, restarts: 0, pid: nextPid++ }
  Object.assign(container, fresh)
  delete container.doneAt
}

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
  anonymous: {},
})
