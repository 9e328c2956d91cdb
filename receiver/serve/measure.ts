import { statfs } from 'node:fs/promises'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { defined } from '../core/defined.ts'
import type { Report } from '../core/log.ts'
import type { Meters } from '../core/meters.ts'
import type { AppReading, ContainerReading, Readings } from '../core/readings.ts'
import type { TrafficLook } from '../core/traffic/traffic.ts'
import type { Metrics } from '../edges/metrics/metrics.ts'
import type { Services } from '../http/app.ts'
import type { OpenStore } from './open-store.ts'

/** Prometheus waits for ten seconds by default. */
const CONTAINERS_MS = 4000
const CONTAINERS_AT_LATEST_MS = 6000

export interface MeasurePorts {
  /** Names of the apps that there are. */
  apps(): readonly string[]
  data: string
  journal: Pick<OpenStore['journal'], 'unfinished' | 'live' | 'recent'>
  maintenanceSince(app: string): string | undefined
  stoppedSince(app: string): string | undefined
  certificates(): readonly { site: string; notAfter: string }[]
  /** Folder of the images; `undefined` when it is on another machine. */
  images(): Promise<string | undefined>
  containers(signal: AbortSignal): Promise<ContainerReading[]>
  /** Of an app that an orchestrator runs; `undefined` of another one. */
  replicas(app: string): Promise<AppReading['replicas']> | undefined
  traffic: TrafficLook & { ignoredLines(): number }
}

/**
 * What counts, and what shows it. The library is loaded when there is something to count or to show: where nothing happens and nobody
 * asks it costs nothing.
 */
export function createMeasure(
  ports: () => MeasurePorts,
  report: Report,
): { meters: Meters; metrics: Services['metrics'] } {
  let made: Promise<Metrics> | undefined
  const metrics = () =>
    (made ??= import('../edges/metrics/metrics.ts').then(({ createMetrics }) =>
      createMetrics({
        isApp: (name) => ports().apps().includes(name),
        look: () => readAll(ports()),
      }),
    ))
  const count = (work: (all: Metrics) => void) =>
    void metrics()
      .then(work)
      .catch((error: unknown) => report('something was not counted', { error }))
  return {
    meters: {
      deployment: (ended) => count((all) => all.deployment(ended)),
      step: (ended) => count((all) => all.step(ended)),
      hook: (came) => count((all) => all.hook(came)),
    },
    async metrics() {
      const all = await metrics()
      return { text: await all.text(), contentType: all.contentType }
    },
  }
}

/** All of it, at this moment. What cannot be seen is not there, and takes nothing else with it. */
async function readAll(ports: MeasurePorts): Promise<Readings> {
  const names = ports.apps()
  const [containers, disks, replicas] = await Promise.all([
    containersOf(ports),
    disksOf(ports),
    Promise.all(names.map((app) => replicasOf(app, ports))),
  ])
  return {
    apps: names.map((app, at) => ({
      ...readApp(app, ports),
      ...defined({ replicas: replicas[at] }),
    })),
    certificates: ports.certificates(),
    disks,
    containers: containers.filter(({ app }) => names.includes(app)),
    ignoredLines: ports.traffic.ignoredLines(),
  }
}

function readApp(
  app: string,
  { journal, maintenanceSince, stoppedSince, traffic }: MeasurePorts,
): AppReading {
  const unfinished = journal.unfinished(app)
  const live = journal.live(app)?.deployment
  return {
    app,
    waiting: unfinished.filter(({ status }) => status === 'queued').length,
    isDeploying: unfinished.some(({ status }) => status === 'running'),
    lastFailed: lastEnded(journal.recent(app))?.status === 'failed',
    isStopped: stoppedSince(app) !== undefined,
    inMaintenance: maintenanceSince(app) !== undefined,
    ...(live?.image.digest === undefined
      ? {}
      : {
          live: {
            digest: live.image.digest,
            deployment: live.id,
            ...defined({ tag: live.image.tag, since: live.live_at }),
          },
        }),
    ...defined({ traffic: traffic.of(app) }),
  }
}

function lastEnded(newestFirst: Iterable<Deployment>): Deployment | undefined {
  for (const each of newestFirst) {
    if (isFinal(each.status) && each.status !== 'superseded') return each
  }
  return undefined
}

async function containersOf({ containers }: MeasurePorts): Promise<ContainerReading[]> {
  return inTime(
    containers(AbortSignal.timeout(CONTAINERS_MS)).catch(() => []),
    [],
  )
}

const replicasOf = async (app: string, { replicas }: MeasurePorts) =>
  inTime(
    replicas(app)?.catch(() => undefined),
    undefined,
  )

/** Whoever measures does not wait for an engine that is away. */
function inTime<T>(read: Promise<T> | T, otherwise: T): Promise<T> {
  const late = AbortSignal.timeout(CONTAINERS_AT_LATEST_MS)
  const ended = new Promise<T>((resolve) =>
    late.addEventListener('abort', () => resolve(otherwise), { once: true }),
  )
  return Promise.race([read, ended])
}

async function disksOf({ data, images }: MeasurePorts): Promise<Readings['disks']> {
  const of = async (holds: 'data' | 'images', path: string | undefined) => {
    if (path === undefined) return []
    const { bavail, bsize, blocks } = await statfs(path)
    return [{ holds, freeBytes: bavail * bsize, sizeBytes: blocks * bsize }]
  }
  const all = await Promise.allSettled([
    of('data', data),
    images().then((path) => of('images', path)),
  ])
  return all.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
}
