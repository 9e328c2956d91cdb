import type { Deployment } from '../../../protocol/deployment.ts'
import { type DockerApp, type Settings, settingsOf } from '../app.ts'
import type { Clock } from '../clock.ts'
import type { Journal } from '../journal.ts'
import type { Adoption, Release } from './adoption.ts'
import type { Slot } from './container.ts'
import type { SlotRecord } from './ports.ts'

export interface TakeOverPorts {
  clock: Pick<Clock, 'now'>
  record: Pick<SlotRecord, 'setUpstream' | 'standIn' | 'addVolumes'> & {
    keepAddress(app: string, slot: Slot, replica: number, address: string): void
  }
  journal: Pick<Journal, 'append' | 'setLive'> & {
    get(id: string): unknown
    /** Keeps a deployment under the number that its containers bear, if that is free. */
    add(deployment: Deployment, generation: number): void
    unfinished(app: string): Pick<Deployment, 'id'>[]
  }
}

/** What is known of an app beside its containers. */
export interface Known {
  /** As it is configured; `undefined` when it is not. */
  app: DockerApp | undefined
  /** Where Nginx looks for each slot, whether or not a container stands there. */
  upstreams: Readonly<Record<Slot, readonly { address: string; port: number }[]>>
}

/**
 * Puts an app that stands on record: its releases, the live one last, and where its slots are, so that whoever compares the record
 * with what stands finds nothing to do. Inside a transaction.
 */
export function takeOver(
  { app, slot, live, others }: Adoption,
  known: Known,
  ports: TakeOverPorts,
): void {
  const { journal, record } = ports
  const now = ports.clock.now()
  for (const side of ['blue', 'green'] as const) {
    const upstream = known.upstreams[side]
    upstream.forEach(({ address }, at) => record.keepAddress(app, side, at + 1, address))
    const [first] = upstream
    if (first !== undefined)
      record.setUpstream(app, side, { port: first.port, replicas: upstream.length })
  }
  for (const release of [...others, live]) {
    for (const { slot: side, replica, address } of release.containers) {
      record.keepAddress(app, side, replica, address)
    }
  }
  // the live ones first: what visitors have written is there
  for (const { containers } of [live, ...others]) {
    for (const { replica, volumes } of containers) {
      const found = Object.entries(volumes).map(([path, volume]) => ({ path, replica, volume }))
      record.addVolumes(app, found)
    }
  }
  for (const release of others) {
    // newer than what is live: it may have been on its way, and was perhaps never live
    const status = release.generation < live.generation ? 'succeeded' : 'superseded'
    if (journal.get(release.deployment) === undefined) keep(app, release, { status, known, ports })
  }
  if (journal.get(live.deployment) === undefined) {
    keep(app, live, { status: 'succeeded', known, ports })
  } else journal.setLive(app, live.deployment)
  // of a record that is older than what stands: these would take its place
  const standing = new Set([...others, live].map(({ deployment }) => deployment))
  for (const { id } of journal.unfinished(app)) {
    if (standing.has(id)) continue
    journal.append(id, { type: 'finished', at: now, status: 'superseded' })
  }
  const [first] = live.containers
  if (first !== undefined && first.port > 0) {
    record.setUpstream(app, slot, { port: first.port, replicas: live.containers.length })
  }
}

/** The events of a deployment that nobody remembers, as far as its containers tell them. */
function keep(
  app: string,
  { deployment: id, generation, containers }: Release,
  {
    status,
    known,
    ports: { journal, record },
  }: { status: 'succeeded' | 'superseded'; known: Known; ports: TakeOverPorts },
): void {
  const [first] = containers
  if (first === undefined) return
  const { createdAt: at, digest, repository = known.app?.image.repository ?? '' } = first
  journal.add(
    {
      id,
      app,
      action: 'deploy',
      status: 'queued',
      image: { repository, digest },
      source: { message: 'taken over by deploy-receiver adopt' },
      created_at: at,
      steps: [],
    },
    generation,
  )
  record.standIn(id, generation)
  const settings = known.app === undefined ? {} : { settings: settingsNow(known.app, containers) }
  journal.append(id, { type: 'started', at }, settings)
  if (status === 'succeeded') journal.append(id, { type: 'live', at }, { live: true })
  journal.append(id, { type: 'finished', at, status })
}

/** As configured, but for what the containers themselves say. */
function settingsNow(app: DockerApp, containers: Release['containers']): Settings {
  const [first] = containers
  return {
    ...settingsOf(app),
    ...(first === undefined || first.port === 0 ? {} : { port: first.port }),
    replicas: containers.length,
  }
}
