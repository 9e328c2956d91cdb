import type { AppSpec } from '../app.ts'
import { defined } from '../defined.ts'
import type { StoredDeployment } from '../journal.ts'
import type { Redact } from '../redaction/redact.ts'
import type { LogEntry, LogOptions } from '../slots/logs.ts'
import type { Instance, Orchestrator } from './orchestrator.ts'

export interface DelegatedLogPorts<App extends AppSpec> {
  orchestrator: Pick<Orchestrator<App>, 'instances' | 'lines'>
  journal: { find(app: string, generation: number): StoredDeployment | undefined }
  /** Takes secrets out of what a generation of an app prints. */
  redactLog(app: string, generation: number): Redact
}

/**
 * What the instances of a deployment print; with `follow: 'live'` those of the ones after it, too. What its orchestrator does not remember
 * is not there. Ends when the signal aborts.
 */
export async function* readDelegatedLogs<App extends AppSpec>(
  app: App,
  stored: StoredDeployment,
  { tail, since, follow }: LogOptions,
  { orchestrator, journal, redactLog }: DelegatedLogPorts<App>,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const known = new Map<string, Instance>()
  const lookAgain = async () => {
    for (const each of await orchestrator.instances(app)) known.set(each.id, each)
  }
  await lookAgain()
  const told = new Set<number>()
  const tell = (generation: number, deployment: string): LogEntry => {
    told.add(generation)
    const own = [...known.values()].filter((each) => each.generation === generation)
    return { kind: 'of', deployment, replicas: own.length, from: 'containers' }
  }
  yield tell(stored.generation, stored.deployment.id)
  const options = { ...defined({ tail, since }), follow: follow !== undefined, signal }
  try {
    for await (const { instance, at, text } of orchestrator.lines(app, options)) {
      if (!known.has(instance)) await lookAgain()
      const { generation, replica = 1 } = known.get(instance) ?? {}
      if (generation === undefined) continue
      if (generation !== stored.generation) {
        if (follow !== 'live' || generation < stored.generation) continue
        const newer = journal.find(app.name, generation)?.deployment.id
        if (!told.has(generation) && newer !== undefined) yield tell(generation, newer)
      }
      yield { kind: 'line', replica, at, text: redactLog(app.name, generation)(text) }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
