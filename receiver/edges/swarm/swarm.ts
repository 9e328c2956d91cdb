import type Docker from 'dockerode'
import type { SwarmApp } from '../../core/app.ts'
import type { Clock } from '../../core/clock.ts'
import type { IsOurs, Orchestrator, OrderStatus } from '../../core/delegated/orchestrator.ts'
import { ABSENT } from '../../core/delegated/absent.ts'
import type { Registry } from '../../core/image/registry.ts'
import { retryLater } from '../../core/image/retry.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { Home } from '../docker/labels.ts'
import { type Service, type Spec, swarmApi } from './api.ts'
import { explain } from './errors.ts'
import { goingBack, withImage } from './going-back.ts'
import { instanceOf } from './instance-of.ts'
import { runJob } from './jobs.ts'
import { beforeIn, markReader } from './marks.ts'
import { lookAtNodes } from './nodes.ts'
import { platformsFor } from './platforms.ts'
import { orderStatus } from './order-status.ts'
import {
  JOB_LABEL,
  jobLabels,
  jobName,
  missingService,
  refuseJobs,
  refuseOthers,
  serviceLabels,
  serviceName,
} from './own-service.ts'
import { changedSpec, roomOf } from './service-spec.ts'
import { readServiceLog, readTaskLog } from './task-log.ts'
import { tellServices } from './tell-service.ts'

/** A login is sent again so long before its end: a node that takes a task over has to have one that holds. */
const RENEW_BEFORE_MS = 5 * 60_000
const SHORTEST_MS = 30_000

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
  const { update, create, changedBy, ownSpecOf, loginOf, sentUntil, forgetLogins } = tellServices({
    swarm,
    home,
    credentials,
    isOurs,
  })

  /** A registry's bad moment passes. */
  const patient: SwarmOptions['registry'] = {
    platforms: (image, signal) =>
      retryLater(() => registry.platforms(image, signal), { clock, said: () => {}, signal }),
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
        if (app.swarm.service !== undefined) throw missingService(name)
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
      if (standing === undefined && app.swarm.service !== undefined) throw missingService(name)
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
      forgetLogins()
      return left.map(({ Spec }) => `service ${Spec.Name}`)
    },

    logs: (_app, task, lines) => readTaskLog(docker, task, lines),

    async refresh(app, signal) {
      const name = serviceName(app, home)
      const { repository } = app.image
      const { known } = await loginOf(repository, signal)
      if (known?.expiresAt === undefined) return undefined
      if (sentUntil(name) !== known.expiresAt) {
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

const stateOf = ({ UpdateStatus }: Service): string => UpdateStatus?.State ?? ''
const isUpdating = (standing: Service) =>
  ['updating', 'paused', 'rollback_started', 'rollback_paused'].includes(stateOf(standing))
