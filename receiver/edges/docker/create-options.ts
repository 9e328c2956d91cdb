import type { ContainerCreateOptions, HealthConfig, HostConfig } from 'dockerode'
import type {
  ContainerSettings,
  Healthcheck,
  Logging,
} from '../../core/slots/container-settings.ts'
import type { CommandPlan, ContainerPlan, ReleasePlan } from '../../core/slots/ports.ts'
import { plainPath } from '../../core/slots/volumes.ts'
import { hostLimits } from './host-limits.ts'
import { hostWorld, ownWorld } from './host-world.ts'
import { bindsOf } from './binds.ts'
import type { ServicePlan } from '../../core/project/ports.ts'
import { containerName, releaseName, serviceName } from './container-name.ts'
import {
  bridgeOf,
  commandLabels,
  type Home,
  labelsOf,
  releaseLabels,
  serviceLabels,
} from './labels.ts'
import { mountsOf } from './volumes.ts'

const NANOSECONDS = 1_000_000
/** Enough for any web service, and an end to a fork bomb. */
export const PIDS_LIMIT = 4096
const UNCONFINED_PATHS = 'systempaths=unconfined'
export const ROTATED: Logging = {
  driver: 'json-file',
  options: { 'max-size': '10m', 'max-file': '3' },
}

/**
 * The container of a plan, as Docker's API wants it. No port is published: Nginx reaches the fixed address on the bridge.
 * By default it cannot gain privileges, make raw packets or fill the process table, and its log is rotated.
 */
export function createOptions(plan: ContainerPlan, home: Home): ContainerCreateOptions {
  const { container } = plan.app
  const { network } = home
  const bridge = bridgeOf(home, plan.app)
  return {
    ...ofImage(plan),
    ...ownWorld(container),
    name: containerName(network, plan),
    Labels: labelsOf(home, plan),
    ...(container.command === undefined ? {} : { Cmd: [...container.command] }),
    ...(container.healthcheck === undefined
      ? {}
      : { Healthcheck: healthConfig(container.healthcheck) }),
    HostConfig: hostConfig(plan, home),
    NetworkingConfig: {
      EndpointsConfig: { [bridge]: { IPAMConfig: { IPv4Address: plan.address } } },
    },
  }
}

/** The container of a release command: as the app's own, but with this command, and never started a second time. */
export function releaseOptions(plan: ReleasePlan, home: Home): ContainerCreateOptions {
  const { network } = home
  return {
    ...ofImage(plan),
    name: releaseName(network, plan),
    Labels: releaseLabels(home, plan),
    Cmd: [...plan.command],
    Healthcheck: { Test: ['NONE'] },
    HostConfig: { ...hostConfig(plan, home), RestartPolicy: { Name: 'no' } },
  }
}

/**
 * The container of a service of a Compose project beside the app's own: as Compose would make it, on networks of its project alone. One
 * that is run to its end is never started a second time.
 */
export function serviceOptions(
  plan: ServicePlan,
  home: Home,
  { once = false }: { once?: boolean } = {},
): ContainerCreateOptions {
  const { container, name } = plan.service
  const app = { ...plan.app, container }
  const [first] = container.networks
  // the names of apps are found at the bridge, which it does not stand on
  const host = hostConfig({ ...plan, app }, { ...home, hosts: () => [] })
  const aliases = first === undefined ? [name] : [...(container.aliases?.[first] ?? [name])]
  return {
    ...ofImage({ ...plan, app }),
    ...ownWorld(container),
    name: serviceName(home.network, plan),
    Labels: serviceLabels(home, plan, { once }),
    ...(container.command === undefined ? {} : { Cmd: [...container.command] }),
    ...(container.healthcheck === undefined
      ? {}
      : { Healthcheck: healthConfig(container.healthcheck) }),
    HostConfig: {
      ...host,
      NetworkMode: first ?? home.network,
      ...(once ? { RestartPolicy: { Name: 'no' } } : {}),
    },
    NetworkingConfig: { EndpointsConfig: { [first ?? home.network]: { Aliases: aliases } } },
  }
}

/**
 * The container of a command by hand: as the app's own, but with this command and somebody at its ends. What it prints is for
 * them alone, and not for the disk.
 */
export function commandOptions(
  plan: CommandPlan,
  home: Home,
  { name, tty }: { name: string; tty: boolean },
): ContainerCreateOptions {
  return {
    ...ofImage(plan),
    name,
    Labels: commandLabels(home, plan),
    Cmd: [...plan.command],
    Tty: tty,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...hostConfig(plan, home),
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
    },
  }
}

/**
 * The library writes all options into the URL as well, and the engine's debug log has URLs: with the environment in them.
 */
export function inBody({ name, ...body }: ContainerCreateOptions): ContainerCreateOptions {
  return { _query: { name }, _body: body } as ContainerCreateOptions
}

function ofImage({
  app: { container },
  repository,
  digest,
}: Pick<ContainerPlan, 'app' | 'repository' | 'digest'>): ContainerCreateOptions {
  return {
    Image: `${repository}@${digest}`,
    Env: Object.entries(container.environment).map(([name, value]) => `${name}=${value}`),
    ...(container.entrypoint === undefined ? {} : { Entrypoint: [...container.entrypoint] }),
    ...(container.user === undefined ? {} : { User: container.user }),
    ...(container.workingDir === undefined ? {} : { WorkingDir: container.workingDir }),
    ...(container.stopSignal === undefined ? {} : { StopSignal: container.stopSignal }),
    StopTimeout: Math.ceil(container.stopGraceMs / 1000),
  }
}

function hostConfig(
  { app, volumes }: Pick<ContainerPlan, 'app' | 'volumes'>,
  home: Home,
): HostConfig {
  const { container } = app
  const { restart, logging = ROTATED } = container
  const isKept = (path: string) => volumes.some((kept) => kept.path === plainPath(path))
  const nameless = (container.anonymousVolumes ?? []).filter((path) => !isKept(path))
  const { Binds = [], Mounts = [] } = bindsOf({ ...container, anonymousVolumes: nameless })
  return {
    NetworkMode: bridgeOf(home, app),
    Binds,
    Mounts: [...Mounts, ...mountsOf(home, app.name, volumes)],
    Tmpfs: { ...container.tmpfs },
    RestartPolicy: {
      Name: restart.name,
      ...(restart.name === 'on-failure' ? { MaximumRetryCount: restart.maximumRetries } : {}),
    },
    ...security(container.securityOpt),
    PidsLimit: container.pidsLimit ?? PIDS_LIMIT,
    LogConfig: { Type: logging.driver, Config: { ...logging.options } },
    ExtraHosts: withOthers(
      container.extraHosts,
      app.isolated === true ? [] : (home.hosts?.() ?? []),
    ),
    Dns: [...container.dns],
    GroupAdd: [...container.groupAdd],
    Ulimits: container.ulimits.map(({ name, soft, hard }) => ({
      Name: name,
      Soft: soft,
      Hard: hard,
    })),
    Sysctls: { ...container.sysctls },
    ReadonlyRootfs: container.readOnly,
    Privileged: container.privileged,
    CapAdd: [...container.capAdd],
    CapDrop: capDrop(container),
    Devices: container.devices.map(({ host, container: inside, permissions }) => ({
      PathOnHost: host,
      PathInContainer: inside,
      CgroupPermissions: permissions,
    })),
    DeviceRequests: container.gpus.map(({ driver, count, deviceIds, capabilities, options }) => ({
      Driver: driver,
      Count: count,
      DeviceIDs: [...deviceIds],
      // all of these, out of one list of alternatives
      Capabilities: capabilities.length === 0 ? [] : [[...capabilities]],
      Options: { ...options },
    })),
    ...(container.init === undefined ? {} : { Init: container.init }),
    ...(container.shmBytes === undefined ? {} : { ShmSize: container.shmBytes }),
    ...(container.memoryBytes === undefined ? {} : { Memory: container.memoryBytes }),
    ...(container.nanoCpus === undefined ? {} : { NanoCpus: container.nanoCpus }),
    ...hostLimits(container),
    ...hostWorld(container),
  }
}

/** What the config says of a name goes before. */
function withOthers(own: readonly string[], others: readonly string[]): string[] {
  const nameOf = (host: string) => (host.split(':')[0] ?? '').toLowerCase()
  const taken = new Set(own.map(nameOf))
  return [...own, ...others.filter((each) => !taken.has(nameOf(each)))]
}

/**
 * Whoever makes raw packets can say on the bridge that another app's address is its own, and gets its visitors (RFC 826
 * believes everybody). Docker gives that right by default; here it is given by name.
 */
export function capDrop({ capAdd, capDrop: drop }: ContainerSettings): string[] {
  const said = [...capAdd, ...drop].some((name) => /^(?:CAP_)?(?:NET_RAW|ALL)$/i.test(name))
  return said ? [...drop] : [...drop, 'NET_RAW']
}

/**
 * Nobody gains privileges inside, unless the config says that this is wanted. Paths of the system are no option to Docker's API: it
 * wants to have the lists of those that are hidden and read-only, which are empty then.
 */
function security(
  options: readonly string[],
): Pick<HostConfig, 'SecurityOpt' | 'MaskedPaths' | 'ReadonlyPaths'> {
  const said = options.filter((option) => option !== UNCONFINED_PATHS)
  return {
    SecurityOpt: said.some((option) => option.startsWith('no-new-privileges'))
      ? said
      : ['no-new-privileges', ...said],
    ...(said.length === options.length ? {} : { MaskedPaths: [], ReadonlyPaths: [] }),
  }
}

/** Docker's form: nanoseconds, and an empty `Test` keeps the image's own. */
export function healthConfig(healthcheck: Healthcheck): HealthConfig {
  const { test, intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries } = healthcheck
  return {
    ...(test === undefined ? {} : { Test: [...test] }),
    ...(intervalMs === undefined ? {} : { Interval: intervalMs * NANOSECONDS }),
    ...(timeoutMs === undefined ? {} : { Timeout: timeoutMs * NANOSECONDS }),
    ...(startPeriodMs === undefined ? {} : { StartPeriod: startPeriodMs * NANOSECONDS }),
    ...(startIntervalMs === undefined ? {} : { StartInterval: startIntervalMs * NANOSECONDS }),
    ...(retries === undefined ? {} : { Retries: retries }),
  }
}
