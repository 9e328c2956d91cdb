import type { DockerApp } from '../app.ts'
import { within } from '../deadline.ts'
import type { Container } from './container.ts'
import type { SlotPorts } from './ports.ts'
import type { LogLine } from './printed.ts'

/** Of each container. */
const MOST_LINES = 5000
const MOST_CHARACTERS = 1024 * 1024
/** Nobody is to wait long for what is read by somebody else, some day. */
const READ_MS = 15_000

type KeepPorts = Pick<SlotPorts, 'engine' | 'keptLogs' | 'journal' | 'clock' | 'report'>

/**
 * Stops a container and removes it, and keeps what it printed last. That this cannot be kept, on a full disk for one, is
 * reported, and no reason to go on any other way.
 * @param of what its log is kept as: the app, or a service of its project (`serviceKey`)
 */
export async function removeContainer(
  container: Pick<Container, 'name' | 'generation' | 'replica'>,
  app: DockerApp,
  ports: KeepPorts,
  { graceMs = app.container.stopGraceMs, of = app.name }: { graceMs?: number; of?: string } = {},
): Promise<void> {
  await ports.engine.remove(container.name, {
    graceMs,
    ended: () => keepLog(container, app, ports, of),
  })
}

async function keepLog(
  { name, generation, replica }: Pick<Container, 'name' | 'generation' | 'replica'>,
  app: DockerApp,
  { engine, keptLogs, journal, clock, report }: KeepPorts,
  of: string,
): Promise<void> {
  try {
    const lines = await within(READ_MS, (signal) => lastLines(name, engine, signal), {
      clock,
      what: `reading the log of ${name}`,
    })
    if (lines.length === 0) return
    await keptLogs.keep({ app: of, generation, replica }, lines)
    pruneLogs(app, { keptLogs, journal }, of)
  } catch (error) {
    report('the log of a container is not kept', { app: app.name, container: name, error })
  }
}

async function lastLines(
  name: string,
  engine: Pick<SlotPorts['engine'], 'lines'>,
  signal: AbortSignal,
): Promise<LogLine[]> {
  const last: LogLine[] = []
  let characters = 0
  for await (const line of engine.lines(name, { tail: MOST_LINES, follow: false, signal })) {
    last.push(line)
    characters += line.text.length
    while (characters > MOST_CHARACTERS || last.length > MOST_LINES) {
      characters -= last.shift()?.text.length ?? 0
    }
  }
  return last
}

/** Forgets all logs of an app but one for each digest that is kept, the last, and those of as many deployments that failed. */
export function pruneLogs(
  { name, keep }: Pick<DockerApp, 'name' | 'keep'>,
  { keptLogs, journal }: Pick<KeepPorts, 'keptLogs' | 'journal'>,
  of = name,
): void {
  const digests = journal.digests(name, keep)
  let failures = 0
  const isKept = (generation: number): boolean => {
    const deployment = journal.find(name, generation)?.deployment
    if (deployment === undefined) return false
    if (deployment.error !== undefined) return ++failures <= keep
    // each digest once
    return digests.delete(deployment.image.digest ?? '')
  }
  const surplus = keptLogs.generations(of).filter((generation) => !isKept(generation))
  if (surplus.length > 0) keptLogs.remove(of, surplus)
}
