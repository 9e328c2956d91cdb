import type { AppSpec } from '../../../receiver/core/app.ts'
import type { Clock } from '../../../receiver/core/clock.ts'
import type {
  Failure,
  Instance,
  Order,
  Orchestrator,
  OrderStatus,
  Phase,
} from '../../../receiver/core/delegated/orchestrator.ts'
import { DeployError } from '../../../receiver/core/errors.ts'
import { type Note, unnoted } from './note.ts'

/** What becomes of instances of an image; without one they run well. */
export type Fate =
  | { kind: 'missing' }
  | { kind: 'crashes'; afterMs: number }
  | { kind: 'never ready' }
  | { kind: 'no room' }

export interface FakeOrchestrator<App extends AppSpec> {
  orchestrator: Orchestrator<App>
  /** By digest. */
  fates: Map<string, Fate>
  /** What commands print, and come to. */
  commands: { lines: string[]; exitCode: number; begun: number }
  /** How often each app's credentials were renewed. */
  renewed: string[]
  /** Somebody else has it run another image, or none. */
  change(app: string, image: string | undefined): void
  /** Somebody else has an update go no further. */
  pause(app: string): void
  /** Somebody else says how many are to run. */
  scale(app: string, wanted: number): void
  /** What runs ends, and is started again by itself. */
  end(app: string): void
  /** Somebody else makes what an app is to run in. */
  make(app: string, image: string, wanted: number): void
}

const START_MS = 1000
const EXIT_CODE = 7

interface Task {
  id: string
  order: Standing
  replica: number
  at: number
  runs: boolean
}

/** An order as it stands, ours or somebody else's. */
interface Standing {
  generation: number | undefined
  image: string
  digest: string
}

interface Service {
  standing: Standing
  before: Standing | undefined
  wanted: number
  /** As of a service of its owner. */
  keepsScale: boolean
  watchMs: number
  phase: Phase
  /** It was told to go back: what fails then is not to go forward again. */
  isUndo: boolean
  tasks: Task[]
  failures: Failure[]
  /** When the last of them began to run. */
  since: number
}

/**
 * An orchestrator in memory: it replaces one instance after the other. It makes what is not there, and goes back by itself when one fails
 * while it does, unless that is left to others.
 */
export function createFakeOrchestrator<App extends AppSpec>({
  clock,
  note = unnoted,
  leavesToOthers = false,
}: {
  clock: Pick<Clock, 'ms' | 'sleep'>
  /** As a cluster does, which runs what its people made. */
  leavesToOthers?: boolean
  note?: Note
}): FakeOrchestrator<App> {
  const services = new Map<string, Service>()
  const fates: FakeOrchestrator<App>['fates'] = new Map()
  const commands = { lines: ['one', 'two'], exitCode: 0, begun: 0 }
  const jobs = new Map<string, string>()
  const renewed: string[] = []
  let made = 0

  const begin = (service: Service, replica: number) =>
    void service.tasks.push({
      id: `task-${++made}`,
      order: service.standing,
      replica,
      at: clock.ms(),
      runs: false,
    })

  const goTo = (service: Service, standing: Standing, phase: Phase) => {
    service.before = service.standing
    service.standing = standing
    service.phase = phase
    service.isUndo = false
    service.tasks = service.tasks.filter(({ runs }) => runs)
  }

  const fail = (service: Service, task: Task, code: Failure['code'], message: string) => {
    const exitCode = code === 'exited' ? { exitCode: EXIT_CODE } : {}
    service.tasks = service.tasks.filter((each) => each !== task)
    const { generation } = task.order
    if (generation !== undefined) {
      service.failures.push({
        instance: task.id,
        generation,
        where: 'node-1',
        code,
        message,
        ...exitCode,
      })
    }
    if (leavesToOthers || task.order !== service.standing || service.before === undefined) return
    if (service.phase === 'undoing') service.phase = 'stuck'
    if (service.phase !== 'updating') return
    if (service.isUndo) service.phase = 'paused'
    else goTo(service, service.before, 'undoing')
  }

  /** Brings a service from where it was at the last look to where it is by now. */
  const goOn = (service: Service) => {
    if (service.phase === 'paused' || service.phase === 'stuck') return
    for (const task of service.tasks) {
      const fate = fates.get(task.order.digest)
      const passed = clock.ms() - task.at
      if (passed < START_MS || fate?.kind === 'no room' || fate?.kind === 'never ready') continue
      if (fate?.kind === 'missing') fail(service, task, 'image_missing', 'No such image')
      else if (fate?.kind === 'crashes' && passed >= START_MS + fate.afterMs) {
        fail(service, task, 'exited', 'task: non-zero exit')
      } else if (!task.runs) {
        task.runs = true
        service.since = clock.ms()
        const old = service.tasks.find((each) => each.order !== service.standing)
        service.tasks = service.tasks.filter((each) => each !== old)
      }
    }
    const own = service.tasks.filter(({ order }) => order === service.standing)
    if (own.length < service.wanted && own.every(({ runs }) => runs)) {
      const used = new Set(own.map(({ replica }) => replica))
      for (let replica = 1; replica <= service.wanted; replica++) {
        if (!used.has(replica)) return begin(service, replica)
      }
    }
    const isWhole = own.length >= service.wanted && own.every(({ runs }) => runs)
    if (isWhole && clock.ms() - service.since >= service.watchMs) {
      if (service.phase === 'undoing') service.phase = 'undone'
      if (service.phase === 'updating') service.phase = 'settled'
    }
  }

  const standingOf = ({ repository, digest, generation }: Order<App>): Standing => ({
    generation,
    digest,
    image: `${repository}@${digest}`,
  })

  const make = (
    app: string,
    standing: Standing,
    { wanted, watchMs }: Pick<Service, 'wanted' | 'watchMs'>,
  ) =>
    void services.set(app, {
      standing,
      before: undefined,
      wanted,
      keepsScale: false,
      watchMs,
      phase: 'settled',
      isUndo: false,
      tasks: [],
      failures: [],
      since: clock.ms(),
    })

  const told = (order: Order<App>): boolean => {
    const { app } = order
    const service = services.get(app.name)
    if (service?.standing.generation === order.generation) return false
    if (service !== undefined) {
      goTo(service, standingOf(order), 'updating')
      service.watchMs = app.watchMs
      if (!leavesToOthers && !service.keepsScale) service.wanted = app.replicas
      return true
    }
    if (leavesToOthers) throw new DeployError('workload_missing', `there is no ${app.name}`)
    make(app.name, standingOf(order), { wanted: app.replicas, watchMs: app.watchMs })
    return true
  }

  const look = (app: string): Service | undefined => {
    const service = services.get(app)
    if (service !== undefined) goOn(service)
    return service
  }

  const orchestrator: Orchestrator<App> = {
    async apply(order) {
      note('apply', order.deployment)
      return told(order) ? 'told' : 'was told already'
    },

    async status({ name }): Promise<OrderStatus> {
      note('status', name)
      const service = look(name)
      if (service === undefined) {
        const none = { generation: undefined, image: undefined, waits: undefined, says: undefined }
        return { ...none, phase: 'absent', wanted: 0, updated: 0, old: 0, failures: [] }
      }
      const { standing, wanted, tasks, failures, phase } = service
      const running = tasks.filter(({ runs }) => runs)
      const updated = running.filter(({ order }) => order === standing).length
      return {
        generation: standing.generation,
        image: standing.image,
        phase: phase === 'settled' && updated < wanted ? 'updating' : phase,
        wanted,
        updated,
        old: running.length - updated,
        waits: waiting(tasks, fates),
        failures: [...failures],
        says: phase === 'paused' ? 'update paused' : undefined,
      }
    },

    async undo(order, before) {
      note('undo', order.deployment)
      const service = services.get(order.app.name)
      if (service === undefined) return
      if (before !== undefined) told(before)
      else if (service.before !== undefined) goTo(service, service.before, 'updating')
      else if (!leavesToOthers) services.delete(order.app.name)
      service.isUndo = true
    },

    async runOnce({ app, digest }, { name, output }) {
      note('runOnce', name)
      if (!jobs.has(name)) commands.begun += 1
      jobs.set(name, app.name)
      if (fates.get(digest)?.kind === 'missing') {
        throw new DeployError('release_failed', 'the command could not be started: No such image')
      }
      for (const line of commands.lines) output(line)
      return { exitCode: commands.exitCode }
    },

    async removeCommands(app, name) {
      for (const [job, of] of jobs) {
        if (of === app.name && job.startsWith(name ?? 'release-')) jobs.delete(job)
      }
    },

    async instances({ name }): Promise<Instance[]> {
      return (look(name)?.tasks ?? []).map(({ id, order, replica, runs }) => ({
        id,
        generation: order.generation,
        replica,
        where: 'node-1',
        running: runs,
      }))
    },

    async *lines({ name }) {
      for (const { id } of look(name)?.tasks ?? []) {
        yield { instance: id, at: '2026-01-01T00:00:00Z', text: 'listening' }
      }
    },

    async remove(app) {
      note('remove', app)
      return !leavesToOthers && services.delete(app) ? [`service ${app}`] : []
    },

    logs: async () => ['no database'],

    async refresh({ name }) {
      renewed.push(name)
      return undefined
    },
  }
  return {
    orchestrator,
    fates,
    commands,
    renewed,
    change(app, image) {
      const service = services.get(app)
      if (image === undefined) services.delete(app)
      else if (service !== undefined) {
        goTo(service, { generation: undefined, image, digest: digestIn(image) }, 'updating')
      }
    },
    end(app) {
      Object.assign(services.get(app) ?? {}, { tasks: [] })
    },
    scale(app, wanted) {
      const service = services.get(app)
      if (service === undefined) return
      service.wanted = wanted
      service.keepsScale = true
      service.tasks = service.tasks.filter(({ replica }) => replica <= wanted)
    },
    make: (app, image, wanted) =>
      make(app, { generation: undefined, image, digest: digestIn(image) }, { wanted, watchMs: 0 }),
    pause(app) {
      Object.assign(services.get(app) ?? {}, { phase: 'paused' })
    },
  }
}

const digestIn = (image: string) => image.slice(image.indexOf('@') + 1)

function waiting(tasks: readonly Task[], fates: ReadonlyMap<string, Fate>): string | undefined {
  const first = tasks.find(({ runs }) => !runs)
  if (first === undefined) return undefined
  return fates.get(first.order.digest)?.kind === 'no room'
    ? 'a task waits for a place: no suitable node'
    : 'node-1 starts it'
}
