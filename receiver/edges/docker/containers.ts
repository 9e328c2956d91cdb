import type Docker from 'dockerode'
import type { ContainerInspectInfo } from 'dockerode'
import { DeployError } from '../../core/errors.ts'
import type { Container } from '../../core/slots/container.ts'
import type { ContainerPlan } from '../../core/slots/ports.ts'
import { printable } from '../printable.ts'
import { createOptions, inBody } from './create-options.ts'
import { isMissing, statusOf, translate } from './errors.ts'
import type { ServicePlan } from '../../core/project/ports.ts'
import {
  bridgeIn,
  furtherNetworks,
  hasVolumesByName,
  type Home,
  isOurs,
  isService,
  readLabels,
} from './labels.ts'
import { joinNetworks } from './network.ts'
import { retryReads } from './retry-reads.ts'

/** As much of a test's output as Docker keeps. */
export const OUTPUT_BYTES = 4096

/** Resolves to whether it was created: `false` when the name is taken. */
export async function create(
  docker: Docker,
  plan: ContainerPlan,
  home: Home,
  name: string,
): Promise<boolean> {
  try {
    await docker.createContainer(inBody(createOptions(plan, home)))
  } catch (error) {
    if (statusOf(error) !== 409) throw error
    // a conflict may be another one
    if ((await retryReads(() => inspect(docker, home.network, name))) === undefined) throw error
    return false
  }
  const { networks } = plan.app.container
  await joinNetworks(docker, name, networks, (each) => aliasesOn(each, plan))
  return true
}

/** Others find the app by its name, or by those of its service: while both slots stand, either of them. */
const aliasesOn = (network: string, { app }: ContainerPlan): string[] => [
  // in a Compose project that may be another service's name
  ...(app.project === undefined ? [app.name] : []),
  ...(app.container.aliases?.[network] ?? []),
]

/** Undoes `docker pause` and `docker network disconnect`, of whichever network. Resolves to whether it is there. */
export async function mend(
  docker: Docker,
  home: Home,
  plan: ContainerPlan,
  name: string,
): Promise<boolean> {
  const container = docker.getContainer(name)
  const info = await retryReads(() => container.inspect()).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
  if (info === undefined) return false
  const { State, Config, NetworkSettings } = info
  if (!isOurs(home, Config.Labels)) throw notOurs(name)
  const network = bridgeIn(home.network, Config.Labels)
  const { address } = plan
  if (!isAttached(NetworkSettings, network, address)) {
    const bridge = docker.getNetwork(network)
    if (NetworkSettings.Networks[network] !== undefined) {
      await bridge.disconnect({ Container: name, Force: true })
    }
    await bridge.connect({
      Container: name,
      EndpointConfig: { IPAMConfig: { IPv4Address: address } },
    })
  }
  const missing = missingNetworks(NetworkSettings, Config.Labels)
  await joinNetworks(docker, name, missing, (each) => aliasesOn(each, plan))
  if (State.Paused) await container.unpause()
  return true
}

/** The same for a container of a service, which stands on networks of its project alone. */
export async function mendService(
  docker: Docker,
  home: Home,
  { service: { container: settings } }: ServicePlan,
  name: string,
): Promise<void> {
  const container = docker.getContainer(name)
  const { State, Config, NetworkSettings } = await container.inspect()
  if (!isOurs(home, Config.Labels)) throw notOurs(name)
  const missing = missingNetworks(NetworkSettings, Config.Labels)
  await joinNetworks(docker, name, missing, (each) => settings.aliases?.[each] ?? [])
  if (State.Paused) await container.unpause()
}

/** A name that we would give, and somebody else gave. */
export const notOurs = (name: string) =>
  new DeployError('not_ours', `${name} is there already, and this receiver did not make it`, {
    hint: `\`docker rm -f ${name}\` if nobody needs it; to another receiver give a network.name of its own`,
  })

const missingNetworks = (
  { Networks }: ContainerInspectInfo['NetworkSettings'],
  labels: Readonly<Record<string, string>>,
): string[] => furtherNetworks(labels).filter((name) => Networks[name] === undefined)

/** Whether it has its fixed address, or will have it when it starts. */
function isAttached(
  { Networks }: ContainerInspectInfo['NetworkSettings'],
  network: string,
  address: string,
): boolean {
  return Networks[network]?.IPAMConfig?.IPv4Address === address
}

export async function stop(docker: Docker, name: string, graceMs: number): Promise<void> {
  try {
    await docker.getContainer(name).stop({ t: Math.ceil(graceMs / 1000) })
  } catch (error) {
    // 304: it stood still already
    if (isMissing(error) || statusOf(error) === 304) return
    throw translate(error, `cannot stop ${name}`, 'engine_unreachable')
  }
}

export async function inspect(
  docker: Docker,
  network: string,
  name: string,
): Promise<Container | undefined> {
  try {
    const { Id, Name, Config, HostConfig, State, RestartCount, NetworkSettings, Mounts } =
      await docker.getContainer(name).inspect()
    const health = State.Health
    const status = health?.Status
    const labels = readLabels(Config.Labels)
    return {
      id: Id,
      name: Name.replace(/^\//, ''),
      ...labels,
      running:
        State.Running &&
        !State.Restarting &&
        !State.Paused &&
        (isService(Config.Labels) ||
          isAttached(NetworkSettings, bridgeIn(network, Config.Labels), labels.address)),
      ...(missingNetworks(NetworkSettings, Config.Labels).length === 0 ? {} : { cutOff: true }),
      exitCode: State.ExitCode,
      ...doneAt(State, HostConfig),
      oomKilled: State.OOMKilled,
      restarts: RestartCount,
      pid: State.Pid,
      anonymous: hasVolumesByName(Config.Labels) ? {} : anonymousVolumes(Mounts),
      ...(status === 'starting' || status === 'healthy' || status === 'unhealthy'
        ? { health: { status, output: shown(health?.Log?.at(-1)?.Output) } }
        : {}),
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Of one that never ran the exit code is 0, too. */
const doneAt = (
  { Status, ExitCode, FinishedAt }: ContainerInspectInfo['State'],
  host: ContainerInspectInfo['HostConfig'] | undefined,
): { doneAt?: string } =>
  Status === 'exited' &&
  ExitCode === 0 &&
  ['', 'no', 'on-failure'].includes(host?.RestartPolicy?.Name ?? 'no') &&
  !Number.isNaN(Date.parse(FinishedAt))
    ? { doneAt: new Date(FinishedAt).toISOString() }
    : {}

/** The last words of its HEALTHCHECK. */
const shown = (output = '') => printable(Buffer.from(output), OUTPUT_BYTES)

const anonymousVolumes = (
  mounts: ContainerInspectInfo['Mounts'] | undefined,
): Record<string, string> =>
  Object.fromEntries(
    (mounts ?? []).flatMap(({ Type, Name = '', Destination }) =>
      Type === 'volume' && ANONYMOUS.test(Name) ? [[Destination, Name]] : [],
    ),
  )

/** The name that Docker gives a volume without one. */
export const ANONYMOUS = /^[0-9a-f]{64}$/

/** Removes a container. Volumes without a name go with it only when nothing that is kept can be among them. */
export async function remove(docker: Docker, name: string): Promise<void> {
  const container = docker.getContainer(name)
  try {
    const { Config } = await retryReads(() => container.inspect())
    await container.remove({ v: hasVolumesByName(Config.Labels), force: true })
  } catch (error) {
    // 409: someone removes it at this moment
    if (isMissing(error) || statusOf(error) === 409) return
    throw translate(error, `cannot remove ${name}`, 'engine_unreachable')
  }
}

export function startFailure(
  error: unknown,
  name: string,
  plan: Pick<ContainerPlan, 'app'> & { address?: string },
): DeployError {
  const failure = translate(error, `cannot start ${name}`, 'start_failed')
  if (failure.code !== 'start_failed') return failure
  const network = /network (\S+) not found/.exec(failure.message)?.[1]
  const hint =
    network !== undefined
      ? `apps.${plan.app.name}.networks names it: docker network create ${network}`
      : /bind source path does not exist/i.test(failure.message)
        ? `create it on the VM, or write bind: { create_host_path: true } in apps.${plan.app.name}.volumes`
        : plan.address !== undefined && /Address already in use/i.test(failure.message)
          ? `something else on the network holds ${plan.address}: docker network inspect shows what`
          : `check the settings of apps.${plan.app.name}: command, entrypoint, user, volumes, networks`
  return new DeployError('start_failed', failure.message, { hint, cause: error })
}
