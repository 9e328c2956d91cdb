import type { ContainerSettings } from '../core/slots/container-settings.ts'
import type { Field, Reader } from './reader.ts'
import { emptyRecord, matching } from './values.ts'

/** The name of a network of Docker's: it is part of the paths of Docker's API. */
export const DOCKER_NETWORK = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

/** Compose's name of the network that a service has without saying so. */
const DEFAULT = 'default'
const ONE_FOR_TWO = 'containers of both slots are on it at once, and only one could have that'

/** Reads `networks`, the further ones of an app, with the names that it bears there beside its own. */
export function readNetworks(
  reader: Reader,
  field: Field | undefined,
): Pick<ContainerSettings, 'networks' | 'aliases'> {
  const networks: string[] = []
  const aliases = emptyRecord<string[]>()
  for (const { at, name, settings } of entries(reader, field)) {
    if (name === DEFAULT) {
      reader.notice(at, "passed over: the receiver's bridge is the network of every app")
      continue
    }
    networks.push(name)
    const names = readAliases(reader, settings)
    if (names.length > 0) aliases[name] = names
  }
  return { networks, ...(Object.keys(aliases).length === 0 ? {} : { aliases }) }
}

interface Entry {
  at: Field
  name: string
  settings?: Field
}

const NAME_HINT = 'letters, digits and . _ -, as `docker network ls` shows them'

function entries(reader: Reader, field: Field | undefined): Entry[] {
  if (field === undefined || !reader.isMapping(field)) {
    return reader.list(field).flatMap((at) => {
      const name = matching(reader, at, DOCKER_NETWORK, "a Docker network's name", NAME_HINT)
      return name === undefined ? [] : [{ at, name }]
    })
  }
  return [...reader.mapping(field)].map(([name, at]) => {
    if (!DOCKER_NETWORK.test(name)) {
      reader.problem(at, `${JSON.stringify(name)} is not a Docker network's name`, NAME_HINT)
    }
    return { at, name, settings: at }
  })
}

function readAliases(reader: Reader, settings: Field | undefined): string[] {
  const keys = reader.mapping(settings, [
    'aliases',
    'priority',
    'gw_priority',
    'ipv4_address',
    'ipv6_address',
    'mac_address',
  ])
  for (const key of ['ipv4_address', 'ipv6_address', 'mac_address']) {
    const at = keys.get(key)
    if (at !== undefined) reader.problem(at, ONE_FOR_TWO, 'leave it out: its name finds it there')
  }
  for (const key of ['priority', 'gw_priority']) {
    const at = keys.get(key)
    if (at !== undefined) reader.notice(at, "passed over: the receiver's bridge comes first")
  }
  return reader
    .list(keys.get('aliases'))
    .flatMap((item) => matching(reader, item, DOCKER_NETWORK, 'a name on a network') ?? [])
}
