import type Docker from 'dockerode'
import type { ContainerReading } from '../../core/readings.ts'
import { atMost } from './at-most.ts'
import { type Home, isInSlot, isOurs, ofNetwork, readLabels } from './labels.ts'

/** The engine has other things to do. */
const ASKED_AT_ONCE = 4

/** As much of an engine's statistics as is used. */
interface Stats {
  cpu_stats?: { cpu_usage?: { total_usage?: number } }
  memory_stats?: {
    usage?: number
    limit?: number
    stats?: { inactive_file?: number; total_inactive_file?: number }
  }
}

/**
 * What all containers of apps take at this moment. One that the engine has nothing to say of within the time is there without it, so a
 * slow engine costs figures and holds nothing up. Throws what the engine throws when it does not even list them.
 */
export async function containerUsage(
  docker: Docker,
  home: Home,
  signal: AbortSignal,
): Promise<ContainerReading[]> {
  const filters = { label: ofNetwork(home.network) }
  const all = await docker.listContainers({ all: true, filters })
  const inTurn = atMost(ASKED_AT_ONCE)
  const ours = all.filter(({ Labels }) => isInSlot(Labels) && isOurs(home, Labels))
  const read = ours.map(({ Id, Labels, State }) => {
    const { app, slot, replica } = readLabels(Labels)
    const isRunning = State === 'running'
    const known = { app, slot, replica, isRunning, restarts: 0 }
    return inTurn(async () =>
      signal.aborted ? known : { ...known, ...(await look(docker.getContainer(Id), isRunning)) },
    ).catch(() => known)
  })
  return Promise.all(read)
}

async function look(
  container: Docker.Container,
  isRunning: boolean,
): Promise<Partial<ContainerReading>> {
  const { RestartCount: restarts, HostConfig } = await container.inspect()
  if (!isRunning) return { restarts }
  // `one-shot`: without the second that the engine takes to see how the processor was used in it
  const said: unknown = await container.stats({ stream: false, 'one-shot': true })
  const { cpu_stats: cpu, memory_stats: memory } = said as Stats
  const nanoseconds = cpu?.cpu_usage?.total_usage
  const used = memory?.usage
  const limit = HostConfig.Memory ?? 0
  return {
    restarts,
    ...(nanoseconds === undefined ? {} : { cpuSeconds: nanoseconds / 1e9 }),
    ...(used === undefined ? {} : { memoryBytes: used - reclaimable(memory) }),
    ...(limit > 0 ? { memoryLimitBytes: limit } : {}),
  }
}

/** As `docker stats` counts: what of files lies in memory and was not used of late. */
const reclaimable = (memory: Stats['memory_stats']): number =>
  memory?.stats?.inactive_file ?? memory?.stats?.total_inactive_file ?? 0
