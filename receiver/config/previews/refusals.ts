import type { ComposeService } from '../compose/model.ts'
import { credentialsIn } from '../secret-values.ts'

/** Without these a service would be another one, and a preview cannot have them. */
const REFUSED: Readonly<Record<string, string>> = {
  privileged: 'a preview has no rights on this machine',
  network_mode: 'a preview has a network of its own alone',
  pid: "a preview sees no other one's processes",
  ipc: "a preview sees no other one's memory",
  uts: 'a preview has a host name of its own',
  userns_mode: 'a preview has no rights on this machine',
  cgroup: 'a preview has no rights on this machine',
  devices: 'a preview has no devices of this machine',
  gpus: 'a preview has no devices of this machine',
  secrets: 'a preview has no secrets of production',
  configs: 'a preview has no files of production',
  volumes_from: 'a preview has no volumes of other containers',
  use_api_socket: 'a preview cannot reach the engine',
  provider: 'a preview is made of containers alone',
  models: 'a preview is made of containers alone',
}
/** Of these only what leads out of the container is refused. */
const LEADS_OUT = /^(?:host$|service:|container:)/
const MODES = new Set(['network_mode', 'pid', 'ipc', 'uts', 'userns_mode', 'cgroup'])

export const REFUSED_KEYS: readonly string[] = Object.keys(REFUSED)

export interface Refusal {
  service: string
  /** As it stands in the file: `privileged`, or `volumes: /srv/data`. */
  what: string
  why: string
  /** What a further Compose file says of the service, so that it is had no more: `privileged: !reset null`. */
  without: string
}

/** Why previews cannot have a service, all of it. */
export const refusalsOf = (
  service: ComposeService,
  given: readonly string[],
): Omit<Refusal, 'service'>[] => [
  ...Object.entries(service).flatMap(([key, value]) => [
    ...refusalOf(key, value),
    ...refusedSecret(key, value, given),
  ]),
  ...refusedReservation(service),
  ...(service.volumes ?? []).flatMap(refusedVolume),
]

/** Why a service cannot be had for one of its keys; of a volume, and of a text that holds a password, below. */
function refusalOf(key: string, value: unknown): Omit<Refusal, 'service'>[] {
  const why = REFUSED[key]
  if (why === undefined || isNothing(value)) return []
  if (MODES.has(key) && !LEADS_OUT.test(String(value))) return []
  const what = typeof value === 'string' ? `${key}: ${value}` : key
  return [{ what, why, without: `${key}: !reset null` }]
}

type Volume = NonNullable<ComposeService['volumes']>[number]

function refusedVolume({ type = '', source = '' }: Volume): Omit<Refusal, 'service'>[] {
  if (type === 'volume' || type === 'tmpfs') return []
  const why =
    type === 'bind' && source.endsWith('.sock')
      ? 'it is a socket of this machine'
      : type === 'bind'
        ? 'it is on this machine, and all previews and production would share it'
        : 'previews have volumes of their own alone'
  return [{ what: `volumes: ${source || type}`, why, without: 'volumes: !override [data:/data]' }]
}

/** Another way to say `gpus`. */
function refusedReservation({ deploy = {} }: ComposeService): Omit<Refusal, 'service'>[] {
  const { resources }: DeployDevices = deploy
  if (isNothing(resources?.reservations?.devices)) return []
  const what = 'deploy.resources.reservations.devices'
  return [{ what, why: REFUSED['devices'] ?? '', without: 'deploy: !reset null' }]
}

interface DeployDevices {
  resources?: { reservations?: { devices?: unknown } }
}

/** A password may stand in a command, where a variable of previews did not fill it in. */
function refusedSecret(
  key: string,
  value: unknown,
  given: readonly string[],
): Omit<Refusal, 'service'>[] {
  if (!['command', 'entrypoint', 'healthcheck'].includes(key)) return []
  // the shell fills in some from the service's own environment
  const found = credentialsIn(masked(textsIn(value).join(' '), given))
  if (found.every((each) => each.startsWith('$'))) return []
  const why = 'a password stands in it, which may be one of production'
  return [{ what: key, why, without: `${key}: …, with a variable in its place` }]
}

/** A text without what previews were given in it, and with each `$` once, which Compose doubles. */
export const masked = (text: string, given: readonly string[]): string =>
  given
    .filter((value) => value !== '')
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, value) => rest.replaceAll(value, ''), text.replaceAll('$$', '$'))

const textsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : []

/** What Compose prints of a key that is not set. */
export const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0)
