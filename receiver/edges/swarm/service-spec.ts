import type { PublishedPort, SwarmApp, SwarmFile } from '../../core/app.ts'
import type { Order } from '../../core/delegated/orchestrator.ts'
import type { ContainerSettings } from '../../core/slots/container-settings.ts'
import { capDrop, healthConfig, PIDS_LIMIT, ROTATED } from '../docker/create-options.ts'
import type { Platform, Spec, UpdateConfig } from './api.ts'
import { marksOf } from './marks.ts'
import { mountsOf } from './mounts.ts'

const NANOSECONDS = 1_000_000

/** What the receiver makes of an app's settings: a service of its own. */
export function ownSpec(
  order: Order<SwarmApp>,
  {
    name,
    labels,
    platforms,
  }: { name: string; labels: Record<string, string>; platforms: readonly Platform[] },
): Spec {
  const { app } = order
  const { container, swarm, replicas } = app
  return {
    Name: name,
    Labels: labels,
    TaskTemplate: taskTemplate(order, platforms),
    Mode: { Replicated: { Replicas: replicas } },
    ...updateConfigs(app, roomFor(container, swarm.publish?.mode)),
    EndpointSpec: { Ports: swarm.publish === undefined ? [] : [portOf(swarm.publish)] },
  }
}

function taskTemplate(order: Order<SwarmApp>, platforms: readonly Platform[]) {
  const { app, repository, digest } = order
  const { container, swarm } = app
  const { placement } = swarm
  const { restart, logging = ROTATED } = container
  return {
    ContainerSpec: {
      Image: `${repository}@${digest}`,
      Labels: { ...container.labels, ...marksOf(order) },
      Env: Object.entries(container.environment).map(([key, value]) => `${key}=${value}`),
      ...(container.entrypoint === undefined ? {} : { Command: [...container.entrypoint] }),
      ...(container.command === undefined ? {} : { Args: [...container.command] }),
      ...(container.workingDir === undefined ? {} : { Dir: container.workingDir }),
      ...(container.user === undefined ? {} : { User: container.user }),
      ...(container.hostname === undefined ? {} : { Hostname: container.hostname }),
      ...(container.stopSignal === undefined ? {} : { StopSignal: container.stopSignal }),
      ...(container.init === undefined ? {} : { Init: container.init }),
      ...(container.healthcheck === undefined
        ? {}
        : { HealthCheck: healthConfig(container.healthcheck) }),
      StopGracePeriod: container.stopGraceMs * NANOSECONDS,
      Groups: [...container.groupAdd],
      ReadOnly: container.readOnly,
      Mounts: mountsOf(container),
      // the other way round than everywhere else in Docker
      Hosts: container.extraHosts.map((each) => {
        const [host = '', ...address] = each.split(':')
        return `${address.join(':')} ${host}`
      }),
      DNSConfig: { Nameservers: [...container.dns] },
      Sysctls: { ...container.sysctls },
      Ulimits: container.ulimits.map(({ name, soft, hard }) => ({
        Name: name,
        Soft: soft,
        Hard: hard,
      })),
      CapabilityAdd: [...container.capAdd],
      CapabilityDrop: capDrop(container),
      // engines before Docker 25 pass it over
      Privileges: { NoNewPrivileges: true },
      Secrets: swarm.secrets.map((file) => ({ SecretName: file.source, File: fileOf(file) })),
      Configs: swarm.configs.map((file) => ({ ConfigName: file.source, File: fileOf(file) })),
    },
    Resources: {
      Limits: {
        ...(container.nanoCpus === undefined ? {} : { NanoCPUs: container.nanoCpus }),
        ...(container.memoryBytes === undefined ? {} : { MemoryBytes: container.memoryBytes }),
        Pids: Math.max(0, container.pidsLimit ?? PIDS_LIMIT),
      },
      Reservations:
        container.memoryReservationBytes === undefined
          ? {}
          : { MemoryBytes: container.memoryReservationBytes },
    },
    RestartPolicy: {
      Condition: { no: 'none', 'on-failure': 'on-failure' }[restart.name as string] ?? 'any',
      ...(restart.name === 'on-failure' ? { MaxAttempts: restart.maximumRetries } : {}),
    },
    Placement: {
      Constraints: [...placement.constraints],
      Preferences: placement.spread.map((label) => ({ Spread: { SpreadDescriptor: label } })),
      MaxReplicas: placement.maxPerNode,
      Platforms: [...platforms],
    },
    Networks: container.networks.map((network) => ({
      Target: network,
      Aliases: [app.name, ...(container.aliases?.[network] ?? [])],
    })),
    LogDriver: { Name: logging.driver, Options: { ...logging.options } },
  }
}

/** An existing service with another image: everything else of it is its owner's, but for how it is updated. */
export function changedSpec(
  spec: Spec,
  order: Order<SwarmApp>,
  platforms: readonly Platform[],
): Spec {
  const { ContainerSpec, Placement } = spec.TaskTemplate
  return {
    ...spec,
    TaskTemplate: {
      ...spec.TaskTemplate,
      ContainerSpec: {
        ...ContainerSpec,
        Image: `${order.repository}@${order.digest}`,
        Labels: { ...ContainerSpec.Labels, ...marksOf(order) },
      },
      ...(platforms.length === 0 ? {} : { Placement: { ...Placement, Platforms: [...platforms] } }),
    },
    ...updateConfigs(order.app, roomOf(spec), spec.UpdateConfig),
  }
}

export type Room = 'for both' | 'host port' | 'volume'

/** Whether a new task can run beside an old one. */
export const roomFor = (
  { volumes }: Pick<ContainerSettings, 'volumes'>,
  mode: PublishedPort['mode'] | undefined,
): Room => (mode === 'host' ? 'host port' : volumes.some(isWritten) ? 'volume' : 'for both')

const isWritten = (volume: string) => !(volume.split(':')[2] ?? '').split(',').includes('ro')

/** The same of a service that stands. */
export function roomOf({ EndpointSpec, TaskTemplate }: Spec): Room {
  const { Mounts } = TaskTemplate.ContainerSpec
  const isKept = ({ Type, ReadOnly }: { Type?: string; ReadOnly?: boolean }) =>
    (Type === 'volume' || Type === 'bind') && ReadOnly !== true
  if (EndpointSpec?.Ports?.some(({ PublishMode }) => PublishMode === 'host') === true) {
    return 'host port'
  }
  return (Mounts ?? []).some(isKept) ? 'volume' : 'for both'
}

/**
 * New tasks start before old ones end, one failure takes all of it back, and it is watched as long as the app is: whatever the service
 * said before.
 */
export function updateConfigs(
  { swarm, watchMs }: Pick<SwarmApp, 'swarm' | 'watchMs'>,
  room: Room,
  /** What its owner said of it. */
  before: Partial<Pick<UpdateConfig, 'Parallelism' | 'Delay'>> = {},
): { UpdateConfig: UpdateConfig; RollbackConfig: UpdateConfig } {
  const same = {
    Parallelism: swarm.parallelism ?? before.Parallelism ?? 1,
    ...(before.Delay === undefined ? {} : { Delay: before.Delay }),
    Monitor: Math.max(1000, watchMs) * NANOSECONDS,
    MaxFailureRatio: 0,
    Order: swarm.order ?? (room === 'for both' ? 'start-first' : 'stop-first'),
  }
  return {
    UpdateConfig: { ...same, FailureAction: 'rollback' },
    RollbackConfig: { ...same, FailureAction: 'pause' },
  }
}

const portOf = ({ port, target = port, mode }: PublishedPort) => ({
  Protocol: 'tcp' as const,
  TargetPort: target,
  PublishedPort: port,
  PublishMode: mode,
})

const fileOf = ({ target, uid, gid, mode }: SwarmFile) => ({
  Name: target,
  UID: uid,
  GID: gid,
  Mode: mode,
})
