import type { Field, Reader } from './reader.ts'

/** Keys of Compose's service that an app does without, each with why. */
export const PASSED_OVER = {
  attach: "docker logs has a container's output",
  build: 'an image is built before it is deployed',
  container_name: 'each release has a container of its own, named by the receiver',
  cpu_count: 'it is for Windows containers only',
  cpu_percent: 'it is for Windows containers only',
  depends_on: 'other services are neither started nor waited for here',
  develop: 'it is for development only',
  expose: 'Nginx reaches it on its bridge',
  external_links: 'names are found on a network that both are in (networks)',
  isolation: 'it is for Windows containers only',
  links: 'names are found on a network that both are in (networks)',
  ports: 'Nginx reaches it on its bridge',
  profiles: 'an app of this config is always on',
  pull_policy: 'a deployment pulls the digest that it runs',
  pull_refresh_after: 'a deployment pulls the digest that it runs',
} as const

interface Refusal {
  why: string
  remedy: string
  /** A value with which it asks for nothing. */
  unless?: RegExp
}

/** Keys of Compose's service without which it would be another one, or which cannot be had in two slots. */
export const REFUSED = {
  credential_spec: { why: 'it is for Windows containers only', remedy: 'leave it out' },
  extends: {
    why: 'there are no other services here, and another file may have other rules',
    remedy: 'merge an anchor (<<: *base), or copy what `docker compose config` prints',
  },
  mac_address: {
    why: 'the containers of both slots are on one bridge, and would have the same',
    remedy: 'leave it out',
  },
  models: {
    why: 'the receiver runs no models',
    remedy: 'say in environment where the model is',
  },
  network_mode: {
    why: 'Nginx tells the slots apart by their addresses on the bridge, which a container without a network of its own has not',
    remedy:
      'leave it out; extra_hosts: ["host.docker.internal:host-gateway"] reaches the host, networks reaches others',
    unless: /^(?:bridge|default)$/,
  },
  post_start: {
    why: 'nothing is run in a container beside its own process',
    remedy: 'release runs a command before the start; what comes after it is for the image to do',
  },
  pre_stop: {
    why: 'nothing is run in a container beside its own process',
    remedy: 'let the image do it when it gets its stop_signal',
  },
  provider: { why: 'it is no container', remedy: 'leave it to docker compose' },
  use_api_socket: {
    why: "it gives the engine's socket and the logins of registries away",
    remedy: 'name what it shall have: volumes: ["/var/run/docker.sock:/var/run/docker.sock"]',
    unless: /^false$/,
  },
  volumes_from: {
    why: 'another container may be gone by the next deployment',
    remedy: 'name the same volumes under volumes',
  },
} as const satisfies Record<string, Refusal>

export const COMPOSE_KEYS = [...Object.keys(PASSED_OVER), ...Object.keys(REFUSED)]

/** Says of Compose's keys that an app does not have what becomes of each. */
export function readOtherKeys(reader: Reader, keys: ReadonlyMap<string, Field>): void {
  for (const [key, why] of Object.entries(PASSED_OVER)) {
    const field = keys.get(key)
    if (field !== undefined && !isEmpty(reader, field)) reader.notice(field, `passed over: ${why}`)
  }
  for (const [key, { why, remedy, unless }] of Object.entries<Refusal>(REFUSED)) {
    const field = keys.get(key)
    if (field === undefined || isEmpty(reader, field)) continue
    if (unless?.test(reader.text(field) ?? '') !== true) reader.problem(field, why, remedy)
  }
}

const isEmpty = (reader: Reader, field: Field): boolean =>
  reader.isNothing(field) || (reader.isList(field) && reader.list(field).length === 0)
