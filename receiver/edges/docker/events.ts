import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import type { Mishap } from '../../core/mishaps.ts'
import type { Clock } from '../../core/ports.ts'
import { ofNetwork, readLabels } from './labels.ts'

const AGAIN_MS = 1000

/** Docker's names of events; `stop` comes of `docker stop` alone, `die` of every end. */
const KINDS: Readonly<Record<string, Mishap['kind']>> = {
  die: 'exited',
  oom: 'out_of_memory',
  'health_status: unhealthy': 'unhealthy',
  stop: 'stopped',
  destroy: 'removed',
}

/**
 * Follows Docker's events of our containers until the signal aborts. `connected` is called each time that the engine can be
 * heard (again): what happened before went unheard.
 */
export async function followEvents(
  { docker, network, clock }: { docker: Docker; network: string; clock: Clock },
  { connected, mishap }: { connected: () => void; mishap: (mishap: Mishap) => void },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const stream = (await docker.getEvents({
        filters: { type: ['container'], label: ofNetwork(network) },
        abortSignal: signal,
      })) as Readable
      connected()
      for await (const line of createInterface({ input: stream })) {
        const found = read(line)
        if (found !== undefined) mishap(found)
      }
    } catch {
      // the engine is away: asked again below, until it answers
    }
    await clock.sleep(AGAIN_MS, signal).catch(() => {})
  }
}

interface DockerEvent {
  Action?: string
  Actor?: { Attributes?: Record<string, string> }
}

function read(line: string): Mishap | undefined {
  const { Action = '', Actor } = JSON.parse(line) as DockerEvent
  const kind = Object.hasOwn(KINDS, Action) ? KINDS[Action] : undefined
  const attributes = Actor?.Attributes ?? {}
  if (kind === undefined) return undefined
  const { app, generation } = readLabels(attributes)
  const exitCode = attributes['exitCode']
  return {
    app,
    generation,
    kind,
    ...(kind === 'exited' && exitCode !== undefined ? { exitCode: Number(exitCode) } : {}),
  }
}
