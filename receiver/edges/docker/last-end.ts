import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import type { End } from '../../core/slots/ports.ts'
import { JSON_LINE_BYTES, linesOf } from './lines.ts'

const READ_MS = 10_000

/**
 * How a container ended last, by the events that Docker remembers, some hundreds: once its restart policy has started it again
 * its state has forgotten that.
 */
export async function lastEnd(docker: Docker, id: string): Promise<End | undefined> {
  const stream = (await docker.getEvents({
    since: 1,
    // past already, so that the answer ends
    until: Date.now() / 1000,
    filters: { type: ['container'], container: [id], event: ['die', 'oom'] },
    abortSignal: AbortSignal.timeout(READ_MS),
  })) as Readable
  let end: End | undefined
  let oomKilled = false
  for await (const line of linesOf(stream, JSON_LINE_BYTES)) {
    const { Action, Actor } = JSON.parse(line) as DockerEvent
    if (Action === 'die') end = { exitCode: Number(Actor?.Attributes?.['exitCode']), oomKilled }
    // it comes before the end that it brings about
    oomKilled = Action === 'oom'
  }
  return end
}

interface DockerEvent {
  Action?: string
  Actor?: { Attributes?: Record<string, string> }
}
