import type Docker from 'dockerode'
import { parseImage } from '../../../protocol/image-reference.ts'
import type { SwarmApp } from '../../core/app.ts'
import type { Clock } from '../../core/clock.ts'
import type { IsOurs, Order, Orchestrator, OrderStatus } from '../../core/delegated/orchestrator.ts'
import { ABSENT } from '../../core/delegated/absent.ts'
import { DeployError } from '../../core/errors.ts'
import type { Registry } from '../../core/image/registry.ts'
import { retryLater } from '../../core/image/retry.ts'
import type { Credentials, Known } from '../credentials/credentials.ts'
import { authConfig } from '../docker/auth-config.ts'
import { statusOf } from '../docker/errors.ts'
import type { Home } from '../docker/labels.ts'
import { type Platform, type Service, type Spec, swarmApi } from './api.ts'
import { explain } from './errors.ts'
import { withFileIds } from './files.ts'
import { goingBack, withImage } from './going-back.ts'
import { instanceOf } from './instance-of.ts'
import { runJob } from './jobs.ts'
import { beforeIn, markReader, withBefore } from './marks.ts'
import { lookAtNodes } from './nodes.ts'
import { platformsFor } from './platforms.ts'
import { orderStatus } from './order-status.ts'
import {
  JOB_LABEL,
  jobLabels,
  jobName,
  refuseJobs,
  refuseOthers,
  serviceLabels,
  serviceName,
} from './own-service.ts'
import { changedSpec, ownSpec, roomOf } from './service-spec.ts'
import { readServiceLog, readTaskLog } from './task-log.ts'

/** A login is sent again so long before its end: a node that takes a task over has to have one that holds. */
const RENEW_BEFORE_MS = 5 * 60_000
const SHORTEST_MS = 30_000
/** Somebody else may change a service between our look and our word. */
const TRIES = 5

export interface SwarmOptions {
  docker: Docker
  home: Pick<Home, 'network' | 'installation'>
  credentials: Credentials
  registry: Pick<Registry, 'platforms'>
  clock: Clock
  isOurs: IsOurs
  /** Milliseconds since the epoch. */
  now?: () => number
}

/** Docker's swarm, through the API of a manager. */
export function createSwarm({
  docker,
  home,
  credentials,
  registry,
  clock,
  isOurs,
  now = Date.now,
}: SwarmOptions): Orchestrator<SwarmApp> {
  const swarm = swarmApi(docker)
  /** Names of jobs that somebody waits for. */
  const waited = new Set<string>()
  /** When the login ends that the swarm has of each service, as far as we know. */
  const sent = new Map<string, number>()

  /** A registry's bad moment passes. */
  const patient: SwarmOptions['registry'] = {
    platforms: (image, signal) =>
      retryLater(() => registry.platforms(image, signal), { clock, said: () => {}, signal }),
  }

  const loginOf = async (repository: string, signal: AbortSignal) => {
    const known = await credentials.of(repository, signal)
    return { known, auth: authConfig(parseImage(repository).registry, known) }
  }

  const note = (name: string, known: Known | undefined) => {
    if (known?.expiresAt === undefined) sent.delete(name)
    else sent.set(name, known.expiresAt)
  }

  /** Changes a service as `change` says, on whatever stands at that moment. Resolves to whether there was something to change. */
  const update = async (
    name: string,
    repository: string,
    change: (spec: Spec) => Spec | undefined,
    signal: AbortSignal,
    { isBack = false }: { isBack?: boolean } = {},
  ): Promise<boolean> => {
    // the nodes have what they ran before: who gives logins may be away
    const { known, auth } = await loginOf(repository, signal).catch((error: unknown) => {
      signal.throwIfAborted()
      if (!isBack) throw error
      return { known: undefined, auth: undefined }
    })
    for (let left = TRIES; ; left--) {
      const standing = await swarm.service(name)
      if (standing === undefined) throw missing(name)
      const changed = change(standing.Spec)
      if (changed === undefined) return false
      try {
        await swarm.update(standing, changed, auth)
        note(name, known)
        return true
      } catch (error) {
        const isStale = error instanceof Error && error.message.includes('update out of sequence')
        if (!isStale || left === 1) throw explain(error, `cannot change the service ${name}`)
      }
    }
  }

  const ownSpecOf = (order: Order<SwarmApp>, platforms: readonly Platform[]): Promise<Spec> => {
    const { app } = order
    const labels = serviceLabels(app, home)
    return withFileIds(ownSpec(order, { name: serviceName(app, home), labels, platforms }), swarm)
  }

  const create = async (
    order: Order<SwarmApp>,
    platforms: readonly Platform[],
    signal: AbortSignal,
  ): Promise<void> => {
    const name = serviceName(order.app, home)
    const { known, auth } = await loginOf(order.repository, signal)
    const spec = await ownSpecOf(order, platforms)
    try {
      await swarm.create(spec, auth)
      note(name, known)
    } catch (error) {
      // 409: an earlier try made it
      if (statusOf(error) !== 409 || (await swarm.service(name)) === undefined) {
        throw explain(error, `cannot make the service ${name}`)
      }
    }
  }

  /** What an order makes of a service that stands; nothing, when it is this order's already. */
  const changedBy = async (order: Order<SwarmApp>, platforms: readonly Platform[]) => {
    const isOwn = order.app.swarm.service === undefined
    const wanted = isOwn ? await ownSpecOf(order, platforms) : undefined
    const generationIn = markReader(isOurs)
    return (spec: Spec): Spec | undefined => {
      const { ContainerSpec } = spec.TaskTemplate
      if (generationIn(ContainerSpec) === order.generation) return undefined
      const changed = wanted ?? changedSpec(spec, order, platforms)
      return { ...changed, Labels: withBefore(changed.Labels, ContainerSpec.Image) }
    }
  }

  return {
    async apply(order, signal) {
      const { app } = order
      const name = serviceName(app, home)
      const { platforms, lacking } = await platformsFor(
        order,
        await lookAtNodes(swarm),
        patient,
        signal,
      )
      const standing = await swarm.service(name)
      if (standing === undefined) {
        if (app.swarm.service !== undefined) throw missing(name)
        await create(order, platforms, signal)
        return [`made the service ${name}`, lacking].filter((each) => each !== '').join('; ')
      }
      refuseOthers(standing.Spec, app, home)
      refuseJobs(standing.Spec)
      const change = await changedBy(order, platforms)
      const isTold = await update(name, order.repository, change, signal)
      return [
        isTold ? `told the service ${name}` : `the service ${name} was told already`,
        roomNote(change(standing.Spec) ?? standing.Spec),
        isTold && stateOf(standing).endsWith('paused') ? 'its update was paused, and goes on' : '',
        lacking,
      ]
        .filter((each) => each !== '')
        .join('; ')
    },

    async status(app): Promise<OrderStatus> {
      const name = serviceName(app, home)
      const standing = await swarm.service(name)
      if (standing === undefined) return ABSENT
      const { ID: id } = standing
      const [tasks, nodes, [listed]] = await Promise.all([
        swarm.tasks(id),
        lookAtNodes(swarm),
        swarm.services({ id: [id] }),
      ])
      const nameOf = (of: string | undefined) =>
        nodes.find((node) => node.id === of)?.name ?? of ?? 'no node'
      const { ServiceStatus = {} } = listed ?? standing
      return orderStatus({ ...standing, ServiceStatus }, tasks, {
        nameOf,
        generationIn: markReader(isOurs),
      })
    },

    async undo(order, before, signal) {
      const { app } = order
      const name = serviceName(app, home)
      const standing = await swarm.service(name)
      if (standing === undefined) return
      const { PreviousSpec } = standing
      const generationIn = markReader(isOurs)
      if (
        PreviousSpec &&
        generationIn(PreviousSpec.TaskTemplate.ContainerSpec) !== order.generation
      ) {
        // word for word what stood before this order, whoever it was from
        try {
          return await swarm.rollback(standing)
        } catch (error) {
          throw explain(error, `cannot take the service ${name} back`)
        }
      }
      if (before !== undefined) {
        const nodes = await lookAtNodes(swarm)
        // a registry that is away is not to be in the way of going back
        const { platforms } = await platformsFor(before, nodes, registry, signal).catch(() => {
          signal.throwIfAborted()
          return { platforms: [] }
        })
        const change = await changedBy(before, platforms)
        await update(name, before.repository, (spec) => goingBack(change(spec)), signal, {
          isBack: true,
        })
        return
      }
      const image = beforeIn(standing.Spec)
      if (image !== undefined) {
        await update(name, order.repository, (spec) => goingBack(withImage(spec, image)), signal, {
          isBack: true,
        })
      } else if (app.swarm.service === undefined) await swarm.remove(name)
    },

    async runOnce(order, options) {
      const { app } = order
      const name = serviceName(app, home)
      const nodes = await lookAtNodes(swarm)
      const { platforms } = await platformsFor(order, nodes, patient, options.signal)
      const standing = await swarm.service(name)
      if (standing === undefined && app.swarm.service !== undefined) throw missing(name)
      const spec =
        standing === undefined || app.swarm.service === undefined
          ? await ownSpecOf(order, platforms)
          : changedSpec(standing.Spec, order, platforms)
      const { auth } = await loginOf(order.repository, options.signal)
      const job = {
        name: jobName(name, options.name),
        labels: jobLabels(app, home, options.name),
        auth,
      }
      waited.add(job.name)
      try {
        return await runJob(spec, { ...options, ...job }, { docker, swarm, clock })
      } finally {
        waited.delete(job.name)
      }
    },

    async removeCommands(app, name) {
      if (name !== undefined) return swarm.remove(jobName(serviceName(app, home), name))
      const label = [...filterOf(serviceLabels(app, home)), JOB_LABEL]
      for (const { ID, Spec } of await swarm.services({ label })) {
        if (!waited.has(Spec.Name)) await swarm.remove(ID)
      }
    },

    async instances(app) {
      const standing = await swarm.service(serviceName(app, home))
      if (standing === undefined) return []
      const [tasks, nodes, self] = await Promise.all([
        swarm.tasks(standing.ID),
        lookAtNodes(swarm),
        swarm.self(),
      ])
      const generationIn = markReader(isOurs)
      return tasks.map((task) => instanceOf(task, { nodes, self, generationIn }))
    },

    async *lines(app, { signal, ...options }) {
      const name = serviceName(app, home)
      try {
        for await (const { task, ...line } of readServiceLog(docker, name, {
          ...options,
          signal,
        })) {
          yield { instance: task, ...line }
        }
      } catch (error) {
        signal.throwIfAborted()
        throw explain(error, `cannot read the log of ${name}`)
      }
    },

    async remove(app) {
      const labels = serviceLabels({ name: app }, home)
      const left = await swarm.services({ label: filterOf(labels) })
      for (const { ID } of left) await swarm.remove(ID)
      sent.clear()
      return left.map(({ Spec }) => `service ${Spec.Name}`)
    },

    logs: (_app, task, lines) => readTaskLog(docker, task, lines),

    async refresh(app, signal) {
      const name = serviceName(app, home)
      const { repository } = app.image
      const { known } = await loginOf(repository, signal)
      if (known?.expiresAt === undefined) return undefined
      if (sent.get(name) !== known.expiresAt) {
        const standing = await swarm.service(name)
        // in the middle of an update it would begin another one, and one that was paused would go on
        if (standing === undefined || isUpdating(standing)) return SHORTEST_MS
        // nothing else is changed, so no task is replaced
        await update(name, repository, (spec) => spec, signal)
      }
      return Math.max(SHORTEST_MS, known.expiresAt - now() - RENEW_BEFORE_MS)
    },
  }
}

const filterOf = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels).map(([key, value]) => `${key}=${value}`)

const NO_ROOM = {
  'for both': 'old tasks end first',
  'host port': 'old tasks end first, since a port of a node is for one task alone',
  volume: 'old tasks end first, since two would write to its volumes',
} as const

/** That old tasks end first, and why. */
const roomNote = (spec: Spec): string =>
  spec.UpdateConfig?.Order === 'stop-first' ? NO_ROOM[roomOf(spec)] : ''

const missing = (name: string) =>
  new DeployError('service_missing', `the swarm has no service ${name}`, {
    hint: '`docker service ls` shows those that there are; without swarm.service the receiver makes one',
  })

const stateOf = ({ UpdateStatus }: Service): string => UpdateStatus?.State ?? ''
const isUpdating = (standing: Service) =>
  ['updating', 'paused', 'rollback_started', 'rollback_paused'].includes(stateOf(standing))
