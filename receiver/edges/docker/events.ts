import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import type { ContainerEvent } from '../../core/slots/container-events.ts'
import type { Clock } from '../../core/clock.ts'
import {
  bridgeIn,
  furtherNetworks,
  type Home,
  isOurs,
  isService,
  ofNetwork,
  readLabels,
} from './labels.ts'
import { JSON_LINE_BYTES, linesOf } from './lines.ts'

const AGAIN_MS = 1000
/** Containers' events, and networks'. */
const STREAMS = 2

/** Docker's names of events; `stop` comes of `docker stop` alone, `die` of every end. */
const KINDS: Readonly<Record<string, ContainerEvent['kind']>> = {
  die: 'exited',
  oom: 'out_of_memory',
  'health_status: unhealthy': 'unhealthy',
  stop: 'stopped',
  destroy: 'removed',
  pause: 'paused',
}

/**
 * Follows Docker's events of our containers until the signal aborts. `connected` is called each time that the engine can be
 * heard (again): what happened before went unheard. `listens` is told whether nothing at all goes unheard.
 */
export async function followEvents(
  { docker, home, clock }: { docker: Docker; home: Home; clock: Clock },
  {
    connected,
    listens = () => {},
    happened,
  }: {
    connected: () => void
    listens?: (isOpen: boolean) => void
    happened: (event: ContainerEvent) => void
  },
  signal: AbortSignal,
): Promise<void> {
  let open = 0
  const follow = async (
    filters: Record<string, string[]>,
    heard: (event: DockerEvent) => void,
    opened = () => {},
  ) => {
    while (!signal.aborted) {
      let isOpen = false
      try {
        const stream = (await docker.getEvents({ filters, abortSignal: signal })) as Readable
        isOpen = true
        open += 1
        if (open === STREAMS) listens(true)
        opened()
        for await (const line of linesOf(stream, JSON_LINE_BYTES)) {
          heard(JSON.parse(line) as DockerEvent)
        }
      } catch {
        // the engine is away, or an event has labels too long to read: asked again below, and looked at what was missed
      }
      if (isOpen && open === STREAMS) listens(false)
      if (isOpen) open -= 1
      await clock.sleep(AGAIN_MS, signal).catch(() => {})
    }
  }
  const later = (looked: Promise<ContainerEvent | undefined>) => {
    looked.then(
      (found) => found !== undefined && happened(found),
      // it is gone, or the engine is: the next look tells
      () => {},
    )
  }
  await Promise.all([
    follow(
      { type: ['container'], label: ofNetwork(home.network) },
      (event) => {
        const found = read(event, home)
        if (found === undefined) return
        happened(found)
        if (found.kind === 'exited') later(killed(docker, event, found, clock, signal))
      },
      connected,
    ),
    // these bear no labels, come of any network, and with every stop as well
    follow({ type: ['network'], event: ['disconnect'] }, (event) => {
      later(cutOff(docker, home, event))
    }),
  ])
}

interface DockerEvent {
  Action?: string
  Actor?: { ID?: string; Attributes?: Record<string, string> }
}

function read({ Action = '', Actor }: DockerEvent, home: Home): ContainerEvent | undefined {
  const kind = Object.hasOwn(KINDS, Action) ? KINDS[Action] : undefined
  const attributes = Actor?.Attributes ?? {}
  if (kind === undefined || !isOurs(home, attributes)) return undefined
  const { app, generation } = readLabels(attributes)
  const exitCode = attributes['exitCode']
  return {
    app,
    generation,
    kind,
    ...(kind === 'exited' && exitCode !== undefined ? { exitCode: Number(exitCode) } : {}),
  }
}

/** Docker's restart policies do not start what `docker kill` ended, and its events do not tell. */
async function killed(
  docker: Docker,
  { Actor }: DockerEvent,
  exited: ContainerEvent,
  clock: Clock,
  signal: AbortSignal,
): Promise<ContainerEvent | undefined> {
  await clock.sleep(AGAIN_MS, signal)
  const { State, HostConfig } = await docker.getContainer(Actor?.ID ?? '').inspect()
  const restarts = ['always', 'unless-stopped'].includes(HostConfig.RestartPolicy?.Name ?? '')
  return State.Status === 'exited' && restarts ? { ...exited, kind: 'killed' } : undefined
}

async function cutOff(
  docker: Docker,
  home: Home,
  { Actor }: DockerEvent,
): Promise<ContainerEvent | undefined> {
  const container = docker.getContainer(Actor?.Attributes?.['container'] ?? '')
  const { State, NetworkSettings, Config } = await container.inspect()
  if (!State.Running || !isOurs(home, Config.Labels)) return undefined
  const networks = [
    ...(isService(Config.Labels) ? [] : [bridgeIn(home.network, Config.Labels)]),
    ...furtherNetworks(Config.Labels),
  ]
  if (networks.every((name) => NetworkSettings.Networks[name] !== undefined)) return undefined
  const { app, generation } = readLabels(Config.Labels)
  return { app, generation, kind: 'cut_off' }
}
