import { defined } from '../defined.ts'
import type { Clock } from '../clock.ts'
import type { Feed } from '../feed.ts'
import type { Journal, StoredDeployment } from '../journal.ts'
import { merge, mergeInOrder } from '../merge.ts'
import type { Redact } from '../redaction/redact.ts'
import type { ServiceEngine } from '../project/ports.ts'
import { serviceKey } from '../project/project.ts'
import type { KeptLogs, LogLine } from './printed.ts'
import type { Container } from './container.ts'
import type { ContainerEngine } from './ports.ts'

/** A container that stopped may be started again, and an engine that is away comes back. */
const AGAIN_MS = 500

/** What of a log is told: whose it is, and then lines of it. */
export type LogEntry =
  | { kind: 'of'; deployment: string; replicas: number; from: 'containers' | 'kept' }
  | ({ kind: 'line'; replica: number } & LogLine)

export interface LogPorts {
  engine: Pick<ContainerEngine & ServiceEngine, 'containers' | 'services' | 'container' | 'lines'>
  keptLogs: Pick<KeptLogs, 'read'>
  journal: Pick<Journal, 'live'>
  /** Tells of changes of an app, too. */
  feed: Pick<Feed, 'next'>
  clock: Pick<Clock, 'sleep'>
  /** Takes secrets out of what a generation of an app prints. */
  redactLog(app: string, generation: number): Redact
}

export interface LogOptions {
  /** Of that service of the app's Compose project, in place of the app's own. */
  service?: string
  /** Lines of each replica, the last; absent: all. */
  tail?: number
  /** None before this moment, as lines have it. */
  since?: string
  /** `it`: until its containers have ended. `live`: of whatever is live, also when that changes. */
  follow?: 'it' | 'live'
}

/**
 * What a deployment's containers print, of all replicas in one order; what is kept of those that are gone. It is read as it is
 * asked for, and ends at once when the signal aborts.
 */
export async function* readLogs(
  stored: StoredDeployment,
  options: LogOptions,
  ports: LogPorts,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  try {
    yield* options.follow === undefined
      ? backlog(stored, options, ports, signal)
      : following(stored, { ...options, follow: options.follow }, ports, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

type LineEntry = LogEntry & { kind: 'line' }

async function* backlog(
  stored: StoredDeployment,
  options: LogOptions,
  ports: LogPorts,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const { app, id } = stored.deployment
  const { service } = options
  const standing = await containersOf(stored, service, ports)
  const key = service === undefined ? app : serviceKey(app, service)
  const kept =
    standing.length > 0 ? [] : ports.keptLogs.read({ app: key, generation: stored.standsIn })
  yield {
    kind: 'of',
    deployment: id,
    replicas: Math.max(standing.length, kept.length),
    from: standing.length > 0 ? 'containers' : 'kept',
  }
  const sources =
    standing.length > 0
      ? standing.map((container) => linesOf(container, options, ports, signal))
      : kept.map(({ replica, lines }) => keptLines(replica, lines, options))
  yield* mergeInOrder(sources, (one, other) => one.at < other.at)
}

/** What there is already in its order, then what comes, as it comes. */
async function* following(
  first: StoredDeployment,
  { follow, ...options }: LogOptions & { follow: 'it' | 'live' },
  ports: LogPorts,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const { app } = first.deployment
  const seen = new Map<number, string>()
  for await (const entry of backlog(first, options, ports, signal)) {
    if (entry.kind === 'line') seen.set(entry.replica, entry.at)
    yield entry
  }
  const merged = merge<LogEntry>()
  for (const container of await containersOf(first, options.service, ports)) {
    const after = seen.get(container.replica)
    const { since } = options
    const from = after === undefined ? defined({ since }) : { after }
    merged.add(untilItEnds(container, from, ports, signal))
  }
  if (follow === 'live') merged.add(swaps(app, first, options.service, ports, signal))
  for await (const entry of merged) {
    yield entry
    if (entry.kind !== 'of') continue
    const live = ports.journal.live(app)
    if (live === undefined) continue
    const { tail } = options
    for (const container of await containersOf(live, options.service, ports)) {
      const from = tail === undefined ? {} : { tail }
      merged.add(untilItEnds(container, from, ports, signal))
    }
  }
}

/** An entry for each deployment that goes live from now on. */
async function* swaps(
  app: string,
  first: StoredDeployment,
  service: string | undefined,
  ports: LogPorts,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  let generation = first.standsIn
  for (;;) {
    const changed = ports.feed.next(app, signal)
    const live = ports.journal.live(app)
    if (live !== undefined && live.standsIn !== generation) {
      generation = live.standsIn
      const replicas = (await containersOf(live, service, ports)).length
      yield { kind: 'of', deployment: live.deployment.id, replicas, from: 'containers' }
      continue
    }
    await changed
    signal.throwIfAborted()
  }
}

/** Also over restarts, of itself and of the engine. */
async function* untilItEnds(
  container: Container,
  { after, ...first }: { after?: string; tail?: number; since?: string },
  ports: LogPorts,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  let last = after
  for (;;) {
    const from = last === undefined ? first : { since: last }
    try {
      const options = { ...from, follow: true }
      for await (const line of linesOf(container, options, ports, signal)) {
        // those of that very moment come once more
        if (last !== undefined && line.at <= last) continue
        last = line.at
        yield line
      }
    } catch {
      // it is gone, or the engine is away: the look below tells
    }
    signal.throwIfAborted()
    const isOver = await ports.engine.container(container.name).then(
      (now) => now?.running !== true && !isLive(container, ports),
      () => false,
    )
    if (isOver) return
    await ports.clock.sleep(AGAIN_MS, signal)
  }
}

const isLive = ({ app, generation }: Container, { journal }: Pick<LogPorts, 'journal'>) =>
  journal.live(app)?.standsIn === generation

async function containersOf(
  { deployment, standsIn }: StoredDeployment,
  service: string | undefined,
  { engine }: Pick<LogPorts, 'engine'>,
): Promise<Container[]> {
  const all =
    service === undefined
      ? await engine.containers(deployment.app)
      : (await engine.services(deployment.app)).filter((each) => each.service === service)
  return all
    .filter(({ generation }) => generation === standsIn)
    .sort((one, other) => one.replica - other.replica)
}

async function* linesOf(
  { name, app, generation, replica }: Container,
  { tail, since, follow = false }: { tail?: number; since?: string; follow?: unknown },
  { engine, redactLog }: Pick<LogPorts, 'engine' | 'redactLog'>,
  signal: AbortSignal,
): AsyncGenerator<LineEntry> {
  const redact = redactLog(app, generation)
  const lines = engine.lines(name, {
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since }),
    follow: follow !== false,
    signal,
  })
  for await (const { at, text } of lines) yield { kind: 'line', replica, at, text: redact(text) }
}

async function* keptLines(
  replica: number,
  lines: readonly LogLine[],
  { tail = Infinity, since = '' }: LogOptions,
): AsyncGenerator<LineEntry> {
  const wanted = lines.filter(({ at }) => at >= since)
  for (const line of wanted.slice(Math.max(0, wanted.length - tail)))
    yield { kind: 'line', replica, ...line }
}
