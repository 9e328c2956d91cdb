import type { ContainerWorld } from '../core/slots/container-world.ts'
import type { Field, Reader } from './reader.ts'
import { defined } from '../core/defined.ts'
import { boolean, keyTexts, matching, texts } from './values.ts'

/** Keys that say what a container sees around itself; names and forms are Compose's. */
export const WORLD_KEYS = [
  'hostname',
  'domainname',
  'tty',
  'stdin_open',
  'pid',
  'ipc',
  'uts',
  'userns_mode',
  'cgroup',
  'cgroup_parent',
  'runtime',
  'platform',
  'dns_search',
  'dns_opt',
  'annotations',
  'storage_opt',
  'device_cgroup_rules',
]

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/
const HOST_ALONE =
  "write host, or leave it out: another container's may be gone by the next deployment"

export function readWorld(reader: Reader, keys: ReadonlyMap<string, Field>): ContainerWorld {
  const name = (key: string) =>
    matching(reader, keys.get(key), NAME, 'a name of letters, digits and . _ -')
  const host = (key: string) =>
    matching(reader, keys.get(key), /^host$/, `a value of ${key}`, HOST_ALONE) as 'host' | undefined
  const choice = <T extends string>(key: string, values: readonly T[]) =>
    oneOf(reader, keys.get(key), values)
  const some = (key: string) => (keys.has(key) ? texts(reader, keys.get(key)) : undefined)
  readPlatform(reader, keys.get('platform'))
  return defined({
    hostname: name('hostname'),
    domainname: name('domainname'),
    tty: boolean(reader, keys.get('tty')),
    stdinOpen: boolean(reader, keys.get('stdin_open')),
    pid: host('pid'),
    ipc: choice('ipc', ['none', 'private', 'shareable', 'host']),
    uts: host('uts'),
    users: host('userns_mode'),
    cgroup: choice('cgroup', ['host', 'private']),
    cgroupParent: reader.text(keys.get('cgroup_parent')),
    runtime: reader.text(keys.get('runtime')),
    dnsSearch: some('dns_search'),
    dnsOptions: some('dns_opt'),
    annotations: keyTexts(reader, keys.get('annotations')),
    storageOptions: keyTexts(reader, keys.get('storage_opt')),
    deviceCgroupRules: some('device_cgroup_rules'),
  })
}

function oneOf<T extends string>(
  reader: Reader,
  field: Field | undefined,
  values: readonly T[],
): T | undefined {
  const text = reader.text(field)
  if (text === undefined || field === undefined) return undefined
  const value = values.find((each) => each === text)
  if (value === undefined)
    reader.problem(field, `${JSON.stringify(text)} is not one of: ${values.join(', ')}`)
  return value
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  x86_64: 'amd64',
  aarch64: 'arm64',
  ia32: '386',
}
const usual = (name: string) => (Object.hasOwn(ARCHITECTURES, name) ? ARCHITECTURES[name] : name)

/** The platform that images run as here. */
export const OWN_PLATFORM = `linux/${usual(process.arch)}`

/** An image of several platforms runs as this machine's: only that may be asked for. */
function readPlatform(reader: Reader, field: Field | undefined): void {
  const text = reader.text(field)
  if (text === undefined || field === undefined) return
  const [os = '', architecture] = text.toLowerCase().split('/')
  const asked = `${os}/${usual(architecture ?? process.arch)}`
  if (asked === OWN_PLATFORM) return
  const message = `${JSON.stringify(text)} is not what this machine runs, ${OWN_PLATFORM}`
  reader.problem(field, message, 'build the image for it, and leave platform out')
}
