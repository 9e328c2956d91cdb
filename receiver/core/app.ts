import { defined } from './defined.ts'
import type { AttestationPolicy } from './image/attestation.ts'
import type { Project, Service } from './project/project.ts'
import type { ContainerSettings } from './slots/container-settings.ts'

/** An app as it is configured: what runs it says which settings it has. */
export type AppSpec = DockerApp | SwarmApp | KubernetesApp

/** What every app has, whatever runs it. Durations are in milliseconds. */
interface BaseApp {
  /** A DNS label. */
  name: string
  /** The one repository that may run, with the tag that a redeploy follows. */
  image: { repository: string; tag: string }
  /** A command that runs once in the new image before it starts. */
  release?: Release
  /** How long after it went live a failing version is taken back. */
  watchMs: number
  /** How often the registry is asked for the followed tag; 0 is never. */
  pollMs: number
  /** Digests kept for rollback, the live one included. */
  keep: number
  /** Whose attested images alone may run; absent: an attestation is not asked for. */
  attestation?: AttestationPolicy
  /** Where visitors find it, through Nginx: `api.example.com`, `*.example.com`. */
  domains: readonly string[]
  /** Whether Nginx sends requests to it; a worker has no port. */
  http: boolean
  health: HealthPolicy
  container: ContainerSettings
  /** How many run at once: containers in each slot, or tasks of a service. Of a cluster's workload others say it. */
  replicas: number
}

/** An app in two slots on this machine, behind Nginx. */
export interface DockerApp extends BaseApp {
  engine: 'docker'
  /** Container port; absent: the image's only EXPOSEd one. */
  port?: number
  /**
   * `recreate`: the old container is stopped before the new one starts, for what cannot run twice. Absent: the image decides,
   * by whether it keeps data in a VOLUME (`slots/recreate.ts`).
   */
  strategy?: 'blue-green' | 'recreate'
  /** Longest wait for the connections to the old slot to end. */
  drainMs: number
  /** How long load balancers have to send visitors elsewhere before it stops for a deployment, in milliseconds; absent: they are not told. */
  drainBalancerMs?: number
  /** How long the replaced containers go on running, for a rollback that only sets the flag. */
  warmMs: number
  /** The Compose project that it is a service of. */
  project?: Project
  /** It stands on a bridge from which no other app can be reached, and has no names for them. */
  isolated?: true
}

/** An app as a service of the Docker swarm of which this machine is a manager. */
export interface SwarmApp extends BaseApp {
  engine: 'swarm'
  swarm: SwarmSettings
}

export interface SwarmSettings {
  /** A service that stands already, of which the image alone is changed; absent: the receiver makes one of the app's settings. */
  service?: string
  /** Where it can be reached on the nodes; absent: nowhere, a worker. */
  publish?: PublishedPort
  /** Which nodes may run it. */
  placement: {
    /** As `node.role==worker`. */
    constraints: readonly string[]
    /** Labels of nodes over whose values tasks are spread, as `node.labels.zone`. */
    spread: readonly string[]
    /** 0 is no limit. */
    maxPerNode: number
  }
  /** The swarm's own secrets and configs, as files in its containers. */
  secrets: readonly SwarmFile[]
  configs: readonly SwarmFile[]
  /** Whether the old tasks end before the new ones start; absent: when both cannot be there at once. */
  order?: 'start-first' | 'stop-first'
  /** How many tasks are replaced at once; 0 is all of them. Absent: one, or as the service has it. */
  parallelism?: number
}

export interface PublishedPort {
  port: number
  /** Port in the container; absent: the same. */
  target?: number
  /** `ingress`: each node leads to all tasks. `host`: each node to its own. */
  mode: 'ingress' | 'host'
  /** Addresses of the nodes that Nginx sends visitors to. */
  nodes: readonly string[]
}

/** An app as a workload of a Kubernetes cluster, which stands already: a deployment changes its image. */
export interface KubernetesApp extends BaseApp {
  engine: 'kubernetes'
  kubernetes: KubernetesSettings
}

export interface KubernetesSettings {
  workload: { kind: 'deployment' | 'statefulset' | 'daemonset'; name: string }
  /** Absent: that of the context. */
  namespace?: string
  /** Of the kubeconfig; absent: its current one, or the cluster that the receiver runs in. */
  context?: string
  /** Whose image is changed; absent: each that has the app's repository. */
  container?: string
  /** Where Nginx on this machine finds it: a NodePort. Absent: visitors come by the cluster's own ways. */
  publish?: PublishedPort
}

export interface SwarmFile {
  /** Its name in the swarm. */
  source: string
  /** Absolute, or below `/run/secrets` for a secret and `/` for a config. */
  target: string
  uid: string
  gid: string
  mode: number
}

export interface Release {
  command: readonly string[]
  timeoutMs: number
}

/** When a new container counts as healthy. */
export interface HealthPolicy {
  /** Path of the HTTP probe; absent: the image's HEALTHCHECK, else any HTTP answer below 500 at `/`. */
  path?: string
  /** Port of the probe; the app's port by default. */
  port?: number
  /** Asked by gRPC's health protocol, in place of HTTP/1.1. */
  grpc?: true
  headers: Readonly<Record<string, string>>
  /** Names of those headers whose values must not be seen. */
  secretHeaders: readonly string[]
  /** Longest pause between two probes. */
  intervalMs: number
  timeoutMs: number
  /** Consecutive good answers that make it healthy. */
  healthyAfter: number
  /** Until when it must be healthy, counted from its start; absent: a minute, or what its HEALTHCHECK takes. */
  deadlineMs?: number
}

/** The part of an app's config that belongs to a release of it: a rollback brings it back. */
export type Settings = Pick<
  DockerApp,
  'port' | 'container' | 'replicas' | 'release' | 'health' | 'project'
> &
  Partial<Pick<SwarmApp, 'swarm'>> &
  Partial<Pick<KubernetesApp, 'kubernetes'>>

/** What an app was run by, with these settings. */
export const engineOf = ({ swarm, kubernetes }: Settings): AppSpec['engine'] =>
  kubernetes !== undefined ? 'kubernetes' : swarm !== undefined ? 'swarm' : 'docker'

export function settingsOf(app: AppSpec): Settings {
  const { container, replicas, release, health } = app
  const { port, project } = onThisMachine(app)
  return {
    ...(port === undefined ? {} : { port }),
    container,
    replicas,
    ...(release === undefined ? {} : { release }),
    health,
    ...(project === undefined ? {} : { project }),
    ...(app.engine === 'swarm' ? { swarm: app.swarm } : {}),
    ...(app.engine === 'kubernetes' ? { kubernetes: app.kubernetes } : {}),
  }
}

/**
 * What a rollback runs with: of its release what that release was, and never a right, a limit or a secret, which are those
 * of the config in force. Whoever may send a hook chooses a digest, and does not undo what the administrator took away.
 */
export function rolledBack(app: AppSpec, release: Settings): Settings {
  const { port: _port, project, ...now } = settingsOf(app)
  const headers = withSecretsOf(
    { values: now.health.headers, secret: now.health.secretHeaders },
    { values: release.health.headers, secret: release.health.secretHeaders },
  )
  return {
    ...now,
    ...(release.port === undefined ? {} : { port: release.port }),
    replicas: release.replicas,
    container: containerBack(now.container, release.container),
    health: { ...release.health, headers: headers.values, secretHeaders: headers.secret },
    ...(project === undefined ? {} : { project: projectBack(project, release.project) }),
  }
}

function containerBack(now: ContainerSettings, then: ContainerSettings): ContainerSettings {
  const { command: _c, entrypoint: _e, workingDir: _w, healthcheck: _h, ...rights } = now
  const isSecretIn = (field: unknown) => {
    const text = JSON.stringify(field ?? '')
    return Object.values(then.secretVariables).some((value) =>
      text.includes(JSON.stringify(value).slice(1, -1)),
    )
  }
  /** As it was then, unless there was a secret in it: that is of now. */
  const wasOr = <T>(was: T, is: T): T => (isSecretIn(was) ? is : was)
  const environment = withSecretsOf(
    { values: now.environment, secret: now.secretEnvironment },
    { values: then.environment, secret: then.secretEnvironment },
  )
  return {
    ...rights,
    ...defined({
      command: wasOr(then.command, now.command),
      entrypoint: wasOr(then.entrypoint, now.entrypoint),
      workingDir: wasOr(then.workingDir, now.workingDir),
      healthcheck: wasOr(then.healthcheck, now.healthcheck),
    }),
    labels: wasOr(then.labels, now.labels),
    environment: environment.values,
    secretEnvironment: environment.secret,
  }
}

/** The services that there are now, each as the app itself. */
function projectBack(now: Project, then: Project | undefined): Project {
  const back = (service: Service): Service => {
    const before = then?.workers.find(({ name }) => name === service.name)
    if (before === undefined) return service
    const { container, replicas } = before
    return { ...service, replicas, container: containerBack(service.container, container) }
  }
  return { ...now, workers: now.workers.map(back) }
}

interface Values {
  values: Readonly<Record<string, string>>
  /** Names of those that are secret. */
  secret: readonly string[]
}

/** What is secret, now or then, as it is now; the rest as it was then. */
function withSecretsOf(now: Values, then: Values): Values {
  const secret = new Set([...now.secret, ...then.secret])
  const plain = Object.entries(then.values).filter(([name]) => !secret.has(name))
  const kept = Object.entries(now.values).filter(([name]) => secret.has(name))
  return { values: Object.fromEntries([...plain, ...kept]), secret: now.secret }
}

/** What only an app has that runs in slots on this machine. */
export const onThisMachine = (app: AppSpec): Pick<DockerApp, 'port' | 'project'> =>
  app.engine === 'docker' ? app : {}

/** The app with the settings of one of its releases, as it is configured now where these are not known. */
export function withSettings<App extends AppSpec>(app: App, settings: Settings | undefined): App {
  if (settings === undefined) return app
  const { release: _release, ...others } = app
  const { port, project, swarm, kubernetes, ...shared } = settings
  if (app.engine === 'swarm') return { ...others, ...shared, swarm: swarm ?? app.swarm } as App
  if (app.engine === 'kubernetes') {
    return { ...others, ...shared, kubernetes: kubernetes ?? app.kubernetes } as App
  }
  for (const key of ['port', 'project'] as const) delete (others as Partial<DockerApp>)[key]
  return { ...others, ...shared, ...defined({ port, project }) } as App
}
