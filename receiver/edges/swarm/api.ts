import type Docker from 'dockerode'
import type { AuthConfig } from '../docker/auth-config.ts'
import { isMissing } from '../docker/errors.ts'
import { retryReads } from '../docker/retry-reads.ts'
import { explain } from './errors.ts'

/** A service as it is ordered, by Docker's API 1.41. What is not named here passes through as it is. */
export interface Spec {
  Name: string
  Labels?: Record<string, string> | null
  TaskTemplate: TaskTemplate
  Mode?: {
    Replicated?: { Replicas?: number }
    Global?: object
    ReplicatedJob?: object
    GlobalJob?: object
  }
  UpdateConfig?: UpdateConfig
  RollbackConfig?: UpdateConfig
  EndpointSpec?: { Ports?: PublishedPort[] | null }
}

export interface TaskTemplate {
  ContainerSpec: ContainerSpec
  Placement?: { Platforms?: Platform[] }
  RestartPolicy?: object
}

export interface ContainerSpec {
  Image: string
  Labels?: Record<string, string> | null
  Args?: string[]
  HealthCheck?: object
  Mounts?: { Type?: string; ReadOnly?: boolean }[] | null
  Secrets?: FileReference[]
  Configs?: FileReference[]
}

/** Of a secret or a config. */
export interface FileReference {
  SecretName?: string
  SecretID?: string
  ConfigName?: string
  ConfigID?: string
  File: object
}

export interface UpdateConfig {
  Parallelism: number
  /** Nanoseconds. */
  Delay?: number
  /** Nanoseconds. */
  Monitor: number
  MaxFailureRatio: number
  Order: 'start-first' | 'stop-first'
  FailureAction: 'rollback' | 'pause'
}

export interface PublishedPort {
  Protocol?: string
  TargetPort?: number
  PublishedPort?: number
  PublishMode?: 'ingress' | 'host'
}

/** In the names that images have. */
export interface Platform {
  Architecture: string
  OS: string
}

export interface Service {
  ID: string
  CreatedAt: string
  /** What a change has to name. */
  Version: { Index: number }
  Spec: Spec
  UpdateStatus?: { State?: string; Message?: string } | null
  /** What it was before its last change. */
  PreviousSpec?: Spec | null
  /** How many tasks there are to be; only in listings. */
  ServiceStatus?: { DesiredTasks?: number }
}

export interface Task {
  ID: string
  CreatedAt: string
  NodeID?: string
  Slot?: number
  DesiredState: string
  Spec: { ContainerSpec?: Partial<ContainerSpec> }
  Status: {
    State: string
    Timestamp?: string
    Err?: string
    ContainerStatus?: { ContainerID?: string; ExitCode?: number }
  }
}

export interface Node {
  ID: string
  Spec?: { Availability?: string }
  Description?: { Hostname?: string; Platform?: Partial<Platform> }
  Status?: { State?: string; Addr?: string }
}

interface Named {
  ID: string
  Spec?: { Name?: string }
}

export type SwarmApi = ReturnType<typeof swarmApi>

/** What is asked of a swarm's manager; the client library's own types know less than the API has. Throws `DeployError`. */
export function swarmApi(docker: Docker) {
  const ask = async <T>(what: string, look: () => Promise<unknown>): Promise<T> => {
    try {
      return (await retryReads(look)) as T
    } catch (error) {
      throw explain(error, what)
    }
  }

  const change = async (
    { ID, Version }: Service,
    spec: Spec,
    auth: AuthConfig | undefined,
    query: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const service = docker.getService(ID) as unknown as {
      update(auth: AuthConfig | undefined, change: object): Promise<void>
    }
    // the library writes options into the URL as well, and the engine's log has URLs: with the environment in them
    await service.update(auth, { _query: { version: Version.Index, ...query }, _body: spec })
  }

  return {
    /** `undefined` when there is none of that name or id. */
    service: (name: string): Promise<Service | undefined> =>
      ask(`cannot look at the service ${name}`, () =>
        docker
          .getService(name)
          .inspect()
          .catch((error: unknown) => {
            if (!isMissing(error)) throw error
            return undefined
          }),
      ),

    services: (filters: Readonly<Record<string, string[]>>): Promise<Service[]> =>
      ask('cannot list the services of the swarm', async () =>
        docker.listServices({ filters, status: true } as Docker.ServiceListOptions),
      ),

    tasks: (service: string): Promise<Task[]> =>
      ask(`cannot list the tasks of ${service}`, async () =>
        docker.listTasks({ filters: { service: [service] } }),
      ),

    nodes: (): Promise<Node[]> =>
      ask('cannot list the nodes of the swarm', async () => docker.listNodes()),

    /** Id of the node that this engine is; empty when it is none. */
    self: async (): Promise<string> =>
      (
        await ask<{ Swarm?: { NodeID?: string } }>('cannot ask the engine for its node', () =>
          docker.info(),
        )
      ).Swarm?.NodeID ?? '',

    secrets: (): Promise<Named[]> =>
      ask('cannot list the secrets of the swarm', async () => docker.listSecrets()),

    configs: (): Promise<Named[]> =>
      ask('cannot list the configs of the swarm', async () => docker.listConfigs()),

    /** Throws the client library's own error. */
    create: async (spec: Spec, auth: AuthConfig | undefined): Promise<void> =>
      void (await docker.createService(
        (auth ?? {}) as Docker.AuthConfig,
        spec as Docker.ServiceSpec,
      )),

    /** Throws the client library's own error: one of an older state is refused. */
    update: (standing: Service, spec: Spec, auth: AuthConfig | undefined): Promise<void> =>
      change(standing, spec, auth),

    /** Has it run its spec before this one again. Throws the client library's own error. */
    rollback: (standing: Service): Promise<void> =>
      change(standing, standing.Spec, undefined, {
        rollback: 'previous',
        registryAuthFrom: 'previous-spec',
      }),

    async remove(name: string): Promise<void> {
      try {
        await docker.getService(name).remove()
      } catch (error) {
        if (!isMissing(error)) throw explain(error, `cannot remove the service ${name}`)
      }
    },
  }
}
